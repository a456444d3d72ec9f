// The Markdown editor: toolbar, draft kept in this browser, preview beside the text.
const TOOLS = [
  ['bold', 'B', '**', '**'], ['italic', 'I', '*', '*'], ['code', '<>', '`', '`'],
  ['block', '{ }', '\n```\n', '\n```\n'], ['link', '[ ]', '[', '](https://)'],
  ['quote', '❝', '> '], ['list', '•', '- '], ['steps', '1.', '1. '], ['heading', 'H', '## '],
];

export default function editor(box) {
  const area = box.querySelector('textarea');
  const words = JSON.parse(box.dataset.words || '{}');
  area.before(toolbar(area, words));
  if (box.dataset.draftKey) keepDraft(box, area, words);
  preview(box, area, words);
}

function make(tag, text, more = {}) {
  return Object.assign(document.createElement(tag), { textContent: text, ...more });
}

function toolbar(area, words) {
  const bar = make('div', '', { className: 'toolbar' });
  bar.setAttribute('role', 'group');
  bar.setAttribute('aria-label', words.toolbar);
  for (const [name, sign, before, after] of TOOLS) {
    const button = make('button', sign, { type: 'button', title: words[name] });
    button.setAttribute('aria-label', words[name]);
    button.addEventListener('click', () => (after === undefined ? prefix(area, before) : wrap(area, before, after)));
    bar.append(button);
  }
  area.addEventListener('keydown', (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    const tool = { b: TOOLS[0], i: TOOLS[1], k: TOOLS[4] }[event.key];
    if (tool) { event.preventDefault(); wrap(area, tool[2], tool[3]); }
    if (event.key === 'Enter') area.form.requestSubmit(area.form.querySelector('.button-primary'));
  });
  return bar;
}

function put(area, from, to, text, select) {
  area.focus();
  area.setRangeText(text, from, to, 'end');
  area.setSelectionRange(...select);
  area.dispatchEvent(new Event('input', { bubbles: true }));
}

function wrap(area, before, after) {
  const { selectionStart: from, selectionEnd: to, value } = area;
  put(area, from, to, before + value.slice(from, to) + after, [from + before.length, to + before.length]);
}

function prefix(area, mark) {
  const from = area.value.lastIndexOf('\n', area.selectionStart - 1) + 1;
  const to = area.selectionEnd;
  const text = area.value.slice(from, to).split('\n').map((line) => mark + line).join('\n');
  put(area, from, to, text, [from + text.length, from + text.length]);
}

function keepDraft(box, area, words) {
  const key = `draft:${box.dataset.draftKey}`;
  const kept = localStorage.getItem(key);
  if (kept && kept !== area.value) {
    const note = make('p', words.restored + ' ', { className: 'draft-note' });
    note.setAttribute('role', 'status');
    for (const [word, act] of [['restore', () => { area.value = kept; }], ['discard', () => localStorage.removeItem(key)]]) {
      const button = make('button', words[word], { type: 'button', className: 'button-link' });
      button.addEventListener('click', () => { act(); note.remove(); area.focus(); });
      note.append(button);
    }
    area.before(note);
  }
  let timer;
  const save = () => {
    try {
      if (area.value.trim()) localStorage.setItem(key, area.value);
    } catch { /* a full or forbidden storage only loses the draft */ }
  };
  area.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(save, 600); });
  area.form.addEventListener('submit', (event) => {
    clearTimeout(timer);
    if (event.submitter?.value === 'preview') save();
    else if (!event.defaultPrevented) localStorage.removeItem(key);
  });
}

function preview(box, area, words) {
  const button = box.querySelector('[data-preview-button]');
  const into = box.querySelector('[data-preview]');
  if (!button || button.form.hasAttribute('data-preview-on-server')) return;
  button.addEventListener('click', async (event) => {
    event.preventDefault();
    const answer = await fetch('/preview', {
      method: 'POST', body: new URLSearchParams({ body: area.value, kind: box.dataset.kind }),
      headers: { 'X-CSRFToken': area.form.elements.csrf_token?.value ?? '' },
    }).catch(() => null);
    into.hidden = false;
    if (!answer?.ok) { into.textContent = words.failed; return; }
    const text = await answer.text();
    const html = answer.headers.get('Content-Type')?.includes('json') ? JSON.parse(text).html : text;
    const page = new DOMParser().parseFromString(html, 'text/html');
    into.replaceChildren(...page.body.childNodes);
    into.scrollIntoView({ block: 'nearest' });
  });
}
