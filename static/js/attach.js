// Pictures and files of a text: pasted, dropped or chosen, sent at once, and shown by Markdown in the text.
// The field for files works without this script; what is chosen there is sent here instead.
import { type } from './typing.js';

const MAX_BYTES = 8 * 1024 * 1024;

export default function attach(box) {
  const { form } = box.querySelector('input[type=file]');
  const area = form.querySelector('textarea[name=body]');
  if (!area) return;
  const words = JSON.parse(box.dataset.attachWords);
  const status = box.querySelector('[data-attach-status]');
  const state = { area, words, url: box.dataset.attach, say: (text) => { status.textContent = text; } };
  state.say(words.drop);
  watchFiles(box, form, state);
  watchLength(box, state);
}

function watchFiles(box, form, state) {
  const { area } = state;
  const field = box.querySelector('input[type=file]');
  const alt = box.querySelector('[name=files_alt]');
  field.addEventListener('change', async () => {
    const files = [...field.files];
    field.value = '';
    await sendAll(files, state, alt.value);
    alt.value = '';
  });
  box.querySelector('[value=attach]').hidden = true;
  area.addEventListener('paste', (event) => {
    const files = [...event.clipboardData?.files ?? []];
    if (!files.length || event.clipboardData.types.includes('text/plain')) return;
    event.preventDefault();
    sendAll(files, state, '');
  });
  const hasFiles = (event) => [...event.dataTransfer?.types ?? []].includes('Files');
  area.addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    area.classList.add('is-target');
  });
  area.addEventListener('dragleave', () => area.classList.remove('is-target'));
  area.addEventListener('drop', (event) => {
    area.classList.remove('is-target');
    if (!hasFiles(event)) return;
    event.preventDefault();
    sendAll([...event.dataTransfer.files], state, '');
  });
  form.addEventListener('submit', (event) => {
    if (!state.sending) return;
    event.preventDefault();  // the text would show a file that is not stored yet
    state.say(state.words.sending.replace('{name}', state.sending));
  });
}

async function sendAll(files, state, alt) {
  for (const file of files) await send(file, state, alt);
}

async function send(file, state, alt) {
  const { area, words } = state;
  const name = file.name || 'image.png';
  state.sending = name;
  state.say(words.sending.replace('{name}', name));
  const body = new FormData();
  body.set('file', file, name);
  body.set('alt', alt);
  const made = file.size > MAX_BYTES ? null : await fetch(state.url, {
    method: 'POST', body,
    headers: { Accept: 'application/json', 'X-CSRFToken': area.form.elements.csrf_token?.value ?? '' },
  }).catch(() => null);
  const answer = await made?.json().catch(() => null);
  state.sending = '';
  if (!made?.ok) {
    const reason = Object.values(answer?.errors ?? {}).flat().join(' ') || answer?.detail || '';
    state.say(`${words.failed.replace('{name}', name)} ${reason}`);
    return;
  }
  show(answer, state, alt);
}

// Insert the Markdown as a paragraph; the description of a picture is selected, to be replaced by typing.
function show(made, { area, words, say }, alt) {
  const at = area.selectionEnd;
  const before = area.value.slice(0, at);
  const start = !before || before.endsWith('\n\n') ? '' : before.endsWith('\n') ? '\n' : '\n\n';
  const text = `${start}${made.markdown}\n\n`;
  const asks = made.kind === 'picture' && !alt;
  const from = at + start.length + 2;
  type(area, at, at, text, asks ? [from, at + text.indexOf('](')] : undefined);
  say(`${words.done.replace('{name}', made.name)} ${asks ? words.describe : ''}`);
}

// The counter near the limit, and beyond it the button that makes a file of the longest part.
function watchLength(box, { area, words, say }) {
  const most = Number(box.dataset.longest);
  const button = box.querySelector('[data-attach-text]');
  if (!most) return;
  const number = new Intl.NumberFormat(document.documentElement.lang || undefined);
  let counted = false;
  const count = () => {
    const { length } = area.value;
    button.hidden = length <= most;
    if (length > most * 0.8) {
      say(words.count.replace('{n}', number.format(length)).replace('{most}', number.format(most)));
    } else if (counted) {
      say('');
    }
    counted = length > most * 0.8;
  };
  area.addEventListener('input', count);
  if (area.value.length > most * 0.8) count();
}
