// The Markdown editor: toolbar, shortcuts, preview beside the text.
import { block, code, heading, link, list, quote, stars, steps } from './markdown.js';
import { type } from './typing.js';

const TOOLS = [
  ['bold', 'B', stars(2), 'b'], ['italic', 'I', stars(1), 'i'], ['code', '<>', code],
  ['block', '{ }', block], ['link', '[ ]', link, 'k'],
  ['quote', '❝', quote], ['list', '•', list], ['steps', '1.', steps], ['heading', 'H', heading],
];

export default function editor(box) {
  const area = box.querySelector('textarea');
  const words = JSON.parse(box.dataset.words || '{}');
  area.before(toolbar(area, words));
  preview(box, area, words);
}

function make(tag, text, more = {}) {
  return Object.assign(document.createElement(tag), { textContent: text, ...more });
}

function use(area, tool) {
  const { from, to, put, select } = tool(area.value, area.selectionStart, area.selectionEnd);
  type(area, from, to, put, select);
}

function toolbar(area, words) {
  const bar = make('div', '', { className: 'toolbar' });
  bar.setAttribute('role', 'group');
  bar.setAttribute('aria-label', words.toolbar);
  for (const [name, sign, tool, key] of TOOLS) {
    const title = key ? `${words[name]} (Ctrl+${key.toUpperCase()})` : words[name];
    const button = make('button', sign, { type: 'button', title });
    button.dataset.tool = name;
    button.setAttribute('aria-label', words[name]);
    button.addEventListener('click', () => use(area, tool));
    bar.append(button);
  }
  area.addEventListener('keydown', (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const found = !event.shiftKey && TOOLS.find(([, , , key]) => key === event.key.toLowerCase());
    if (found) { event.preventDefault(); use(area, found[2]); }
    if (event.key === 'Enter') area.form.requestSubmit(area.form.querySelector('.button-primary'));
  });
  return bar;
}

function preview(box, area, words) {
  const button = box.querySelector('[data-preview-button]');
  const into = box.querySelector('[data-preview]');
  if (!button || button.form.hasAttribute('data-preview-on-server')) return;
  button.addEventListener('click', async (event) => {
    event.preventDefault();
    const body = new URLSearchParams({ body: area.value, kind: box.dataset.kind });
    if (box.dataset.post) body.set('post', box.dataset.post);
    const answer = await fetch('/preview', {
      method: 'POST', body,
      headers: { Accept: 'application/json', 'X-CSRFToken': area.form.elements.csrf_token?.value ?? '' },
    }).catch(() => null);
    into.hidden = false;
    if (!answer?.ok) { into.textContent = await reason(answer) || words.failed; return; }
    const text = await answer.text();
    const html = answer.headers.get('Content-Type')?.includes('json') ? JSON.parse(text).html : text;
    const page = new DOMParser().parseFromString(html, 'text/html');
    into.replaceChildren(...page.body.childNodes);
    into.scrollIntoView({ block: 'nearest' });
  });
}

// The server's error message about the text, or an empty string.
async function reason(answer) {
  const problem = await answer?.json().catch(() => null);
  return Object.values(problem?.errors ?? {}).flat().join(' ') || problem?.detail;
}
