// Marks the section being read.
export default function toc(nav) {
  const links = new Map([...nav.querySelectorAll('a[href^="#"]')]
    .map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
  const watcher = new IntersectionObserver((entries) => {
    const top = entries.find((entry) => entry.isIntersecting);
    if (!top) return;
    links.forEach((link) => link.removeAttribute('aria-current'));
    links.get(top.target.id)?.setAttribute('aria-current', 'location');
  }, { rootMargin: '0px 0px -70% 0px' });
  links.forEach((_, id) => { const heading = document.getElementById(id); if (heading) watcher.observe(heading); });
}
