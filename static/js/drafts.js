// The text of a form is stored in this browser until the server has accepted it.
// A draft belongs to one account, one form and one open page: draft:<account>:<form>:<page>. Open pages have
// their own; the draft of a closed page is offered. Logging out removes all drafts of the account.
import { type } from './typing.js';

const PREFIX = 'draft:';
const ACCOUNT_KEY = 'drafts-account';  // account that is logged in with this browser
const LOGOUT_KEY = 'drafts-leaving';  // account that has asked to log out
const SAVE_DELAY_MS = 400;
const ANSWER_TIMEOUT_MS = 150;  // for other tabs to name the drafts of their pages
const KEEP_DAYS = 30;
const SECRET = /password|passphrase|code|token|secret|credential|form_account/;
const { account } = document.body.dataset;
const words = JSON.parse(document.body.dataset.draftWords || '{}');
const page = Array.from(crypto.getRandomValues(new Uint32Array(2)), (part) => part.toString(36)).join('-');
const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('drafts') : null;
const attached = new Set();  // forms
const ownKeys = new Set();  // keys of the drafts of this page
let stopped = false;  // the account has changed or logged out

attempt(tidy);
channel?.addEventListener('message', ({ data }) => { if (data.ask) channel.postMessage({ keys: [...ownKeys] }); });
globalThis.addEventListener('storage', ({ key, newValue }) => {
  if (key === ACCOUNT_KEY) stopped = newValue !== account;
});
document.querySelector('form[action="/logout"]')?.addEventListener('submit', () => {
  attempt(() => localStorage.setItem(LOGOUT_KEY, account));
});

function attempt(change) {
  try { return change(); } catch { return null; }  // without storage only the draft is lost
}

function keys() {
  return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
}

function read(key) {
  const draft = attempt(() => JSON.parse(localStorage.getItem(key)));
  return Array.isArray(draft?.fields) ? draft : null;
}

// Once per page: remove drafts that the server accepted, old ones, and those of other accounts.
function tidy() {
  const leaving = localStorage.getItem(LOGOUT_KEY);
  localStorage.removeItem(LOGOUT_KEY);
  if (!account) {
    if (!leaving) return;  // an expired session: its drafts stay for its account
    localStorage.removeItem(ACCOUNT_KEY);  // first: other tabs stop saving
    keys().filter((key) => key.startsWith(`${PREFIX}${leaving}:`)).forEach((key) => localStorage.removeItem(key));
    return;
  }
  localStorage.setItem(ACCOUNT_KEY, account);
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
  ownKeys.add(key);
  nameOf(form).value = name;
  const begun = JSON.stringify(shown(form));
  const isReturned = 'sentForm' in form.dataset;  // shown again by the server, which did not accept it
  let timer, isChanged = isReturned, isUnsent = isReturned;
  function save() {
    clearTimeout(timer);
    if (stopped || !isChanged || attempt(() => localStorage.getItem(ACCOUNT_KEY)) !== account) return;
    isChanged = false;
    attempt(() => {
      if (!isUnsent && JSON.stringify(shown(form)) === begun) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify({ at: Date.now(), fields: everything(form) }));
    });
  }
  function update(isSent) {
    isChanged = true;
    isUnsent ||= isSent;
    save();
  }
  form.addEventListener('input', () => { isChanged = true; clearTimeout(timer); timer = setTimeout(save, SAVE_DELAY_MS); });
  form.addEventListener('submit', save);
  globalThis.addEventListener('pagehide', save);
  save();
  if (before) attempt(() => localStorage.removeItem(PREFIX + before));
  left(`${PREFIX}${account}:${place}:`).then((found) => offer(form, field, found, update));
}

// The hidden field with the name of this draft.
function nameOf(form) {
  if (!form.elements.draft) {
    form.append(Object.assign(document.createElement('input'), { type: 'hidden', name: 'draft' }));
  }
  return form.elements.draft;
}

// The name of the form, independent of its page; and its former draft, if the server showed it again.
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

// Includes the hidden fields: they have the version of the text that is edited.
function everything(form) {
  return fields(form).map(entry);
}

function shown(form) {
  return fields(form).filter((each) => each.type !== 'hidden').map(entry);
}

// Drafts of this form whose pages are closed, newest first.
async function left(start) {
  const others = new Set();
  const onAnswer = ({ data }) => data.keys?.forEach((key) => others.add(key));
  channel?.addEventListener('message', onAnswer);
  channel?.postMessage({ ask: true });
  await new Promise((done) => { setTimeout(done, ANSWER_TIMEOUT_MS); });
  channel?.removeEventListener('message', onAnswer);
  const found = attempt(keys) ?? [];
  return found.filter((key) => key.startsWith(start) && !others.has(key) && !ownKeys.has(key))
    .map((key) => ({ key, ...read(key) })).filter((draft) => draft.fields).sort((a, b) => b.at - a.at);
}

function offer(form, field, found, update) {
  const now = JSON.stringify(everything(form));
  const [draft] = found.filter((each) => {
    if (JSON.stringify(each.fields) !== now) return true;
    update(true);  // the page shows the text that the server did not accept
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
  const acts = { restore: () => { restore(form, draft.fields); update(false); drop(); }, discard: drop };
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
