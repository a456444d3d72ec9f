// Following the link of an unread line marks it read; without scripts the button beside it does.
export default function read(line) {
  line.querySelector('a')?.addEventListener('click', () => {
    const body = new FormData(line.querySelector('form'));
    fetch(line.dataset.read, { method: 'POST', body, keepalive: true, headers: { Accept: 'application/json' } });
  });
}
