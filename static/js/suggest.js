// Suggestions under an input, as an ARIA combobox; Enter without a choice sends the form.
// A choice opens its page, or with data-suggest-words completes the word being typed.
import { type } from './typing.js';

export default function suggest(input, texts) {
  const list = document.createElement('ul');
  const id = `${input.id || 'q'}-suggestions`;
  Object.assign(list, { id, className: 'suggestions', hidden: true });
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', input.labels?.[0]?.textContent ?? texts.suggestions);
  input.parentElement.append(list);
  for (const [name, value] of Object.entries({ role: 'combobox', 'aria-expanded': 'false',
    'aria-controls': id, 'aria-autocomplete': 'list' })) input.setAttribute(name, value);
  const words = 'suggestWords' in input.dataset;
  const typed = () => (words ? input.value.split(/[\s,]+/).at(-1) : input.value.trim());
  let timer, chosen = -1;

  const close = () => { list.hidden = true; input.setAttribute('aria-expanded', 'false'); choose(-1); };
  function choose(index) {
    chosen = index;
    [...list.children].forEach((option, i) => option.setAttribute('aria-selected', i === index));
    if (index < 0) input.removeAttribute('aria-activedescendant');
    else input.setAttribute('aria-activedescendant', list.children[index].id);
  }
  async function look() {
    const text = typed();
    if (text.length < (words ? 1 : 2)) return close();
    const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(text)}`,
      { headers: { Accept: 'application/json' } }).catch(() => null);
    if (!answer?.ok || typed() !== text || document.activeElement !== input) return;
    const found = (await answer.json()).items;
    const items = words ? found.filter((item) => item.text !== text) : found;  // no suggestion for a complete word
    list.replaceChildren(...items.slice(0, 8).map((item, i) => {
      const option = Object.assign(document.createElement('li'), { id: `${id}-${i}` });
      option.setAttribute('role', 'option');
      option.dataset.text = item.text ?? item.title;
      if (item.url) option.dataset.url = item.url;
      option.append(item.text ?? item.title);
      if (item.kind) option.append(Object.assign(document.createElement('small'), { textContent: item.kind }));
      return option;
    }));
    choose(-1);
    list.hidden = !items.length;
    input.setAttribute('aria-expanded', String(items.length > 0));
  }
  function go(option) {
    if (option?.dataset.url?.startsWith('/')) return location.assign(option.dataset.url);
    if (!option || !words) return;
    type(input, input.value.length - typed().length, input.value.length, `${option.dataset.text} `);
    close();
  }

  input.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(look, 200); });
  input.addEventListener('blur', () => setTimeout(close, 150));
  input.addEventListener('keydown', (event) => {
    const many = list.children.length;
    if (event.key === 'Escape' && !list.hidden) { close(); event.preventDefault(); }
    if (list.hidden || !many) return;
    if (event.key === 'ArrowDown') choose((chosen + 1) % many);
    else if (event.key === 'ArrowUp') choose((chosen + many - (chosen < 0 ? 0 : 1)) % many);
    else if (event.key === 'Enter' && chosen >= 0) go(list.children[chosen]);
    else return;
    event.preventDefault();
  });
  list.addEventListener('mousedown', (event) => { event.preventDefault(); go(event.target.closest('[role=option]')); });
}
