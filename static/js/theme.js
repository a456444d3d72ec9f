// Switches light and dark at once; the server reads the same plain cookie.
export default function theme(form) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const choice = event.submitter?.value ?? 'auto';
    const secure = location.protocol === 'https:' ? '; Secure' : '';
    const age = choice === 'auto' ? 0 : 31536000;
    document.cookie = `theme=${choice}; Path=/; Max-Age=${age}; SameSite=Lax${secure}`;
    document.documentElement.dataset.theme = choice;
    for (const button of form.elements) {
      if (button.name === 'theme') button.setAttribute('aria-pressed', button.value === choice);
    }
  });
}
