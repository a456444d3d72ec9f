// Votes without leaving the page; any error falls back to the plain form.

export default function vote(box, words) {
  box.addEventListener('submit', async (event) => {
    event.preventDefault();
    const form = event.target;
    const button = event.submitter ?? form.querySelector('button');
    const body = new FormData(form);
    body.set('value', button.value);
    const sent = Number(button.value);
    box.querySelector('.field-error')?.remove();
    let answer;
    try {
      answer = await fetch(form.action, { method: 'POST', body, headers: { Accept: 'application/json' } });
    } catch {
      return refuse(box, navigator.onLine ? words.not_counted : words.offline);
    }
    const json = await answer.json().catch(() => null);
    if (!json) return location.reload();
    if (!answer.ok) return refuse(box, json.detail || json.title);
    const score = box.querySelector('[data-score]');
    score.firstChild.data = json.score;
    for (const each of box.querySelectorAll('button[data-value]')) {
      const mine = Number(each.dataset.value) === sent;
      each.setAttribute('aria-pressed', mine);
      each.value = mine ? 0 : each.dataset.value;
    }
  });
}

function refuse(box, text) {
  const note = document.createElement('p');
  Object.assign(note, { className: 'field-error vote-error', textContent: text });
  note.setAttribute('role', 'alert');
  box.append(note);
}
