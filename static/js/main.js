// Loads each script only on pages that have its attribute; each gets the element and the texts of the page's
// scripts in the reader's language, which templates/layout.html has.
const words = JSON.parse(document.body.dataset.words || '{}');
const helpers = {
  '[data-editor]': 'editor', '[data-attach]': 'attach', '[data-similar]': 'similar', '[data-suggest]': 'suggest',
  '[data-vote]': 'vote', '[data-theme-form]': 'theme', '[data-toc]': 'toc',
  '[data-checklist]': 'checklist', '[data-read]': 'read', '[data-today]': 'timeline', '.prose .highlight': 'copy',
};
const TYPED = 'main form[method=post]:not([data-no-draft]) :is(textarea:not([hidden]), input[type=text])';
for (const [selector, name] of Object.entries(helpers)) {
  const found = document.querySelectorAll(selector);
  if (found.length) import(`./${name}.js`).then((helper) => found.forEach((each) => helper.default(each, words)));
}
if (document.body.dataset.account || stored('drafts-account')) {
  import('./drafts.js').then((helper) => document.querySelectorAll(TYPED).forEach(helper.default));
}
function stored(key) {
  try { return localStorage.getItem(key); } catch { return null; }
}
document.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (button && 'print' in button.dataset) print();
});
document.querySelector('[data-focus]')?.focus();
