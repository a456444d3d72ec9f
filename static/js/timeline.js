// Scrolls a timeline that is wider than the screen to today.
export default function timeline(picture) {
  const box = picture.closest('.table-scroll');
  const share = Number(picture.dataset.today);
  const today = share * picture.getBoundingClientRect().width;
  if (box.scrollWidth > box.clientWidth) box.scrollLeft = today - box.clientWidth / 2;
}
