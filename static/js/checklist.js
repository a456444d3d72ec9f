// Checkboxes beside the steps of a list, stored in this browser only. A step is identified by its text, so ticks
// stay with their steps when others are added above, and a changed step is marked.
const MAX_TEXT_CHARACTERS = 400;  // stored characters of a step
const MIN_SIMILARITY = 0.5;  // minimum share of words that a changed step has in common with its former text

export default function checklist(holder) {
  const name = holder.dataset.checklist;
  const words = JSON.parse(holder.dataset.words || '{}');
  const steps = stepsOf(holder);
  const state = load(name);
  follow(steps, state);
  const { changed, removed } = compare(steps, state);
  // A changed step counts as new until its old tick is removed or confirmed.
  const saveTicks = () => save(name, steps.filter((step) => !(changed.get(step.key) in state.ticked)), state);
  steps.forEach((step) => tickBox(step, state, changed.get(step.key), words, saveTicks));
  const texts = removed.map((key) => state.ticked[key]);
  if (removed.length) report(holder, texts, words, () => {
    removed.forEach((key) => delete state.ticked[key]);
    saveTicks();
  });
}

// Every step with its text and its key: the hash of the text; for equal texts also the hash of the step before
// it, numbered when that is equal too.
function stepsOf(holder) {
  const times = new Map();
  const count = (name) => times.set(name, (times.get(name) ?? 0) + 1).get(name);
  const steps = [...holder.querySelectorAll('.prose > ol > li')].map((item) => {
    const text = textOf(item);
    return { item, text, sum: hash(text) };
  });
  steps.forEach(({ sum }) => count(sum));
  return steps.map(({ item, text, sum }, index) => {
    const after = steps[index - 1]?.sum ?? '';
    const name = `${sum}.after-${after}`;
    return { item, text, sum, after, key: times.get(sum) > 1 ? `${name}.${count(name)}` : `${sum}.1` };
  });
}

// When the number of steps with one text changes from or to one, their keys change: ticks are moved to the new keys.
function follow(steps, state) {
  const present = new Set(steps.map((step) => step.key));
  for (const key of Object.keys(state.ticked)) {
    const same = (step) => key.startsWith(`${step.sum}.`) && step.after === state.after[key];
    const step = present.has(key) ? undefined : steps.find((each) => same(each) && !(each.key in state.ticked));
    if (!step) continue;
    state.ticked[step.key] = state.ticked[key];
    delete state.ticked[key];
  }
}

function textOf(item) {
  const copy = item.cloneNode(true);
  copy.querySelectorAll('button, input, .step-note').forEach((each) => each.remove());
  return copy.textContent.normalize('NFC').replace(/\s+/g, ' ').trim();
}

// FNV-1a of 64 bits: only for comparing texts.
function hash(text) {
  let sum = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) sum = BigInt.asUintN(64, (sum ^ BigInt(byte)) * 0x100000001b3n);
  return sum.toString(36);
}

// {ticked: {key: text}, known: [keys of the steps at the last visit], after: {key: hash of the step before it}}
function load(name) {
  try {
    localStorage.removeItem(`checklist:${name}`);  // ticks by position, of earlier versions
    const { ticked, known, after } = JSON.parse(localStorage.getItem(`steps:${name}`)) ?? {};
    return { ticked: { ...ticked }, known: Array.isArray(known) ? known : [], after: { ...after } };
  } catch { return { ticked: {}, known: [], after: {} }; }
}

function save(name, steps, state) {
  state.known = steps.map((step) => step.key);
  state.after = Object.fromEntries(steps.map((step) => [step.key, step.after]));
  try {
    localStorage.setItem(`steps:${name}`, JSON.stringify(state));
  } catch { /* without storage only the ticks are lost */ }
}

// Ticked steps that no longer exist: each is matched with the most similar new step, or was removed.
function compare(steps, state) {
  const present = new Set(steps.map((step) => step.key));
  const fresh = steps.filter((step) => !state.known.includes(step.key) && !state.ticked[step.key]);
  const changed = new Map(), removed = [];
  for (const [key, text] of Object.entries(state.ticked)) {
    if (present.has(key)) continue;
    const [best] = fresh.filter((step) => !changed.has(step.key))
      .map((step) => ({ step, share: likeness(text, step.text.slice(0, MAX_TEXT_CHARACTERS)) }))
      .filter(({ share }) => share >= MIN_SIMILARITY).sort((a, b) => b.share - a.share);
    if (best) changed.set(best.step.key, key);
    else removed.push(key);
  }
  return { changed, removed };
}

function likeness(one, other) {
  const [a, b] = [one, other].map((text) => new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []));
  const both = [...a].filter((word) => b.has(word)).length;
  return both / Math.max(1, a.size + b.size - both);
}

function tickBox({ item, text, key }, state, was, words, changed) {
  const box = Object.assign(document.createElement('input'), { type: 'checkbox', checked: key in state.ticked });
  box.setAttribute('aria-label', text.slice(0, 80));
  let note;
  if (was !== undefined) {
    note = Object.assign(document.createElement('details'), { className: 'step-note no-print', id: `step-${key}` });
    note.append(Object.assign(document.createElement('summary'), { textContent: words.changed }),
      `${words.before} ${state.ticked[was]}`);
    box.setAttribute('aria-describedby', note.id);
    item.append(note);
  }
  box.addEventListener('change', () => {
    if (box.checked) state.ticked[key] = text.slice(0, MAX_TEXT_CHARACTERS);
    else delete state.ticked[key];
    if (was !== undefined) delete state.ticked[was];
    note?.remove();
    changed();
  });
  item.prepend(box, ' ');
}

function report(holder, texts, words, done) {
  const note = Object.assign(document.createElement('div'), { className: 'alert alert-warning step-report no-print' });
  note.setAttribute('role', 'status');
  const list = document.createElement('ul');
  list.append(...texts.map((text) => Object.assign(document.createElement('li'), { textContent: text })));
  const button = Object.assign(document.createElement('button'),
    { type: 'button', className: 'button button-small', textContent: words.seen });
  button.addEventListener('click', () => { done(); note.remove(); });
  const lead = Object.assign(document.createElement('p'), { textContent: words.removed });
  note.append(lead, list, button);
  holder.querySelector('.prose').before(note);
}
