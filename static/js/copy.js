// A button that copies a block of code, and one that shows the rest of a long one.

const MAX_LINES = 25;

export default function code(block, words) {
  const pre = block.querySelector('pre');
  if (!pre) return;
  addFold(block, pre, words);
  if (!navigator.clipboard) return;
  const button = document.createElement('button');
  Object.assign(button, { type: 'button', className: 'copy', textContent: words.copy });
  button.setAttribute('aria-live', 'polite');
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(pre.textContent);
    button.textContent = words.copied;
    setTimeout(() => { button.textContent = words.copy; }, 2000);
  });
  block.append(button);
}

function addFold(block, pre, words) {
  const lines = pre.textContent.trimEnd().split('\n').length;
  if (lines <= MAX_LINES) return;
  const button = document.createElement('button');
  Object.assign(button, { type: 'button', className: 'unfold' });
  const show = (isFolded) => {
    block.classList.toggle('is-folded', isFolded);
    button.setAttribute('aria-expanded', String(!isFolded));
    button.textContent = isFolded ? words.all_lines.replace('{lines}', lines) : words.fewer_lines;
  };
  button.addEventListener('click', () => show(!block.classList.contains('is-folded')));
  pre.after(button);
  show(true);
}
