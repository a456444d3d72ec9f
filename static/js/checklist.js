// Boxes to tick beside the steps of a list; kept in this browser only.
export default function checklist(holder) {
  const key = `checklist:${holder.dataset.checklist}`;
  const done = new Set(JSON.parse(localStorage.getItem(key) || '[]'));
  holder.querySelectorAll('.prose > ol > li').forEach((step, index) => {
    const box = Object.assign(document.createElement('input'), { type: 'checkbox', checked: done.has(index) });
    box.setAttribute('aria-label', step.textContent.trim().slice(0, 80));
    box.addEventListener('change', () => {
      done[box.checked ? 'add' : 'delete'](index);
      localStorage.setItem(key, JSON.stringify([...done]));
    });
    step.prepend(box, ' ');
  });
}
