// Questions similar to the title being typed, to avoid duplicates.

export default function similar(input, words) {
  const into = document.querySelector(input.dataset.similarInto || '#similar');
  if (!into) return;
  into.setAttribute('aria-live', 'polite');
  let timer, last = '';
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(look, 400);
  });
  async function look() {
    const title = input.value.trim();
    if (title.length < 10 || title === last) return;
    last = title;
    const answer = await fetch(`${input.dataset.similar}?title=${encodeURIComponent(title)}`,
      { headers: { Accept: 'application/json' } }).catch(() => null);
    if (!answer?.ok || input.value.trim() !== title) return;
    const { items } = await answer.json();
    const list = document.createElement('ul');
    for (const item of items) {
      const link = Object.assign(document.createElement('a'), { href: item.url, textContent: item.title });
      const line = document.createElement('li');
      line.append(link, ` (${item.answers ?? item.answer_count ?? 0})`);
      list.append(line);
    }
    const lead = Object.assign(document.createElement('p'), { textContent: words.similar });
    into.replaceChildren(...(items.length ? [lead, list] : []));
  }
}
