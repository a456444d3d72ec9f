// Change the text of a field as if it was typed, so that the browser can undo it.
export function type(field, from, to, text, select) {
  field.focus();
  if (field.value.slice(from, to) !== text) {
    field.setSelectionRange(from, to);
    // Only insertText preserves the undo history; setRangeText is for browsers without it.
    const done = document.execCommand(text ? 'insertText' : 'delete', false, text);
    if (!done) {
      field.setRangeText(text, from, to, 'end');
      field.dispatchEvent(new Event('input', { bubbles: true }));
    }
  }
  if (select) field.setSelectionRange(...select);
}
