// What is typed in a form is kept in this browser until the server has accepted it.
// A draft belongs to one account, one form and one open page: draft:<account>:<form>:<page>. Open pages keep
// their own; the draft of a page that is gone is offered. Logging out removes all drafts of the account.
import { type } from './typing.js';

const PREFIX = 'draft:';
const HERE = 'drafts-account';  // who is logged in at this browser
const LEAVING = 'drafts-leaving';  // who has asked to log out
const SAVE_AFTER = 400;  // milliseconds
const ANSWER_WITHIN = 150;  // milliseconds, for other tabs to name the drafts of their pages
const KEEP_DAYS = 30;
const SECRET = /password|passphrase|code|token|secret|credential|form_account/;
const { account } = document.body.dataset;
const words = JSON.parse(document.body.dataset.draftWords || '{}');
const page = Array.from(crypto.getRandomValues(new Uint32Array(2)), (part) => part.toString(36)).join('-');
const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('drafts') : null;
const attached = new Set();  // forms
const mine = new Set();  // keys
let stopped = false;  // somebody else is logged in by now, or nobody

attempt(tidy);
channel?.addEventListener('message', ({ data }) => { if (data.ask) channel.postMessage({ mine: [...mine] }); });
globalThis.addEventListener('storage', ({ key, newValue }) => {
  if (key === HERE) stopped = newValue !== account;
});
document.querySelector('form[action="/logout"]')?.addEventListener('submit', () => {
  attempt(() => localStorage.setItem(LEAVING, account));
});

function attempt(change) {
  try { return change(); } catch { return null; }  // a full or forbidden storage only loses the draft
}

function keys() {
  return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
}

function read(key) {
  const draft = attempt(() => JSON.parse(localStorage.getItem(key)));
  return Array.isArray(draft?.fields) ? draft : null;
}

// Once a page: remove what the server accepted, what is old, and what this account must not see.
function tidy() {
  const leaving = localStorage.getItem(LEAVING);
  localStorage.removeItem(LEAVING);
  if (!account) {
    if (!leaving) return;  // a session that ended by itself: its drafts wait for its account
    localStorage.removeItem(HERE);  // first: other tabs stop saving
    keys().filter((key) => key.startsWith(`${PREFIX}${leaving}:`)).forEach((key) => localStorage.removeItem(key));
    return;
  }
  localStorage.setItem(HERE, account);
  for (const name of document.body.dataset.acceptedDrafts.split(' ')) localStorage.removeItem(PREFIX + name);
  for (const key of keys()) {
    const draft = read(key);
    const isOld = !draft || Date.now() - draft.at > KEEP_DAYS * 86_400_000;
    if (isOld || !key.startsWith(`${PREFIX}${account}:`)) localStorage.removeItem(key);
  }
}

export default function drafts(field) {
  const { form } = field;
  if (!account || !form || attached.has(form) || form.querySelector('[type=password]')) return;
  attached.add(form);
  const [before, place] = placeOf(form);
  const name = `${account}:${place}:${page}-${attached.size}`;
  const key = PREFIX + name;
  mine.add(key);
  nameOf(form).value = name;
  const begun = JSON.stringify(shown(form));
  const isGivenBack = 'sentForm' in form.dataset;  // by the server, for it could not be accepted
  let timer, isChanged = isGivenBack, isUnsent = isGivenBack;
  function save() {
    clearTimeout(timer);
    if (stopped || !isChanged || attempt(() => localStorage.getItem(HERE)) !== account) return;
    isChanged = false;
    attempt(() => {
      if (!isUnsent && JSON.stringify(shown(form)) === begun) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify({ at: Date.now(), fields: everything(form) }));
    });
  }
  function keep(isSent) {
    isChanged = true;
    isUnsent ||= isSent;
    save();
  }
  form.addEventListener('input', () => { isChanged = true; clearTimeout(timer); timer = setTimeout(save, SAVE_AFTER); });
  form.addEventListener('submit', save);
  globalThis.addEventListener('pagehide', save);
  save();
  if (before) attempt(() => localStorage.removeItem(PREFIX + before));
  left(`${PREFIX}${account}:${place}:`).then((found) => offer(form, field, found, keep));
}

// The hidden field that tells the server which draft this is.
function nameOf(form) {
  if (!form.elements.draft) {
    form.append(Object.assign(document.createElement('input'), { type: 'hidden', name: 'draft' }));
  }
  return form.elements.draft;
}

// Which form this is, on whatever page it stands; and the draft it had before, if the server gave it back.
function placeOf(form) {
  const before = form.elements.draft?.value ?? '';
  const parts = before.split(':');
  if (parts.length === 3 && parts[0] === account) return [before, parts[1]];
  const given = form.querySelector('[data-draft-key]')?.dataset.draftKey;
  const address = new URL(form.getAttribute('action') || location.href, location.href);
  return ['', (given || address.pathname).replace(/[^\w./-]/g, '-').slice(0, 120)];
}

function fields(form) {
  return [...form.elements].filter((each) => each.name && each.name !== 'draft' && !SECRET.test(each.name)
    && !['submit', 'button', 'file', 'password', 'fieldset'].includes(each.type));
}

function isTicked(each) {
  return ['checkbox', 'radio'].includes(each.type);
}

function entry(each) {
  return isTicked(each) ? [each.name, each.value, each.checked] : [each.name, each.value];
}

// With the hidden fields: they say which version of a text this was made from.
function everything(form) {
  return fields(form).map(entry);
}

function shown(form) {
  return fields(form).filter((each) => each.type !== 'hidden').map(entry);
}

// Drafts of this form whose pages are gone, the newest first.
async function left(start) {
  const others = new Set();
  const hear = ({ data }) => data.mine?.forEach((key) => others.add(key));
  channel?.addEventListener('message', hear);
  channel?.postMessage({ ask: true });
  await new Promise((done) => { setTimeout(done, ANSWER_WITHIN); });
  channel?.removeEventListener('message', hear);
  const found = attempt(keys) ?? [];
  return found.filter((key) => key.startsWith(start) && !others.has(key) && !mine.has(key))
    .map((key) => ({ key, ...read(key) })).filter((draft) => draft.fields).sort((a, b) => b.at - a.at);
}

function offer(form, field, found, keep) {
  const now = JSON.stringify(everything(form));
  const [draft] = found.filter((each) => {
    if (JSON.stringify(each.fields) !== now) return true;
    keep(true);  // the page shows the text that the server did not accept
    attempt(() => localStorage.removeItem(each.key));
    return false;
  });
  if (!draft || stopped) return;
  const note = Object.assign(document.createElement('p'), { className: 'draft-note' });
  note.setAttribute('role', 'status');
  const when = Object.assign(document.createElement('time'), { dateTime: new Date(draft.at).toISOString() });
  when.textContent = new Date(draft.at).toLocaleString(document.documentElement.lang || undefined,
    { dateStyle: 'medium', timeStyle: 'short' });
  const hidden = JSON.stringify(fields(form).filter((each) => each.type === 'hidden').map(entry));
  const was = draft.fields.filter(([name]) => form.elements[name]?.type === 'hidden');
  note.append(`${words.found} `, when, JSON.stringify(was) === hidden ? ' ' : ` ${words.older} `);
  const drop = () => {
    attempt(() => localStorage.removeItem(draft.key));
    note.remove();
    field.focus();
  };
  const acts = { restore: () => { restore(form, draft.fields); keep(false); drop(); }, discard: drop };
  for (const [word, act] of Object.entries(acts)) {
    const button = Object.assign(document.createElement('button'),
      { type: 'button', className: 'button-link', textContent: words[word] });
    button.dataset.draft = word;
    button.addEventListener('click', act);
    note.append(button, ' ');
  }
  form.prepend(note);
  if (form.closest('details')) form.closest('details').open = true;
}

function restore(form, saved) {
  const rest = [...saved];
  for (const each of fields(form)) {
    const at = rest.findIndex(([name, was]) => name === each.name && (!isTicked(each) || was === each.value));
    if (at < 0) continue;
    const [[, was, checked]] = rest.splice(at, 1);
    if (isTicked(each)) each.checked = checked;
    else if (each.tagName === 'TEXTAREA') type(each, 0, each.value.length, was);
    else each.value = was;
  }
}
