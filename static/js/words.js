// The texts of the page's scripts, in the reader's language: templates/layout.html has them all.
export default JSON.parse(document.body.dataset.words || '{}');
