// A button that copies a block of code, and one that shows the rest of a long one.
const MAX_LINES = 25;

export default function code(block) {
  const pre = block.querySelector('pre');
  if (!pre) return;
  addFold(block, pre);
  if (!navigator.clipboard) return;
  const button = document.createElement('button');
  Object.assign(button, { type: 'button', className: 'copy', textContent: 'Copy' });
  button.setAttribute('aria-live', 'polite');
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(pre.textContent);
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = 'Copy'; }, 2000);
  });
  block.append(button);
}

function addFold(block, pre) {
  const lines = pre.textContent.trimEnd().split('\n').length;
  if (lines <= MAX_LINES) return;
  const button = document.createElement('button');
  Object.assign(button, { type: 'button', className: 'unfold' });
  const show = (isFolded) => {
    block.classList.toggle('is-folded', isFolded);
    button.setAttribute('aria-expanded', String(!isFolded));
    button.textContent = isFolded ? `Show all ${lines} lines` : 'Show fewer lines';
  };
  button.addEventListener('click', () => show(!block.classList.contains('is-folded')));
  pre.after(button);
  show(true);
}
