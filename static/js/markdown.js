// The tools of the editor: (text, start, end) → { from, to, put, select }. Every tool is a toggle.

const run = (text, at, step, sign) => {
  let many = 0;
  while (text[at + (step < 0 ? -1 - many : many)] === sign) many += 1;
  return many;
};

// The selection without the white space around it: `** word **` is not bold.
function trimmed(text, start, end) {
  const inner = text.slice(start, end);
  const lead = inner.length - inner.trimStart().length;
  if (lead === inner.length) return [start, end];
  return [start + lead, end - (inner.length - inner.trimEnd().length)];
}

// Bold and italic: `width` stars around the selection, or inside its ends. Three stars are both.
export function stars(width) {
  const has = (many) => (width === 2 ? many >= 2 : many % 2 === 1);
  return (text, start, end) => {
    [start, end] = trimmed(text, start, end);
    const outside = Math.min(run(text, start, -1, '*'), run(text, end, 1, '*'));
    let inside = Math.min(run(text, start, 1, '*'), run(text, end, -1, '*'));
    if (2 * inside > end - start) inside = 0;
    if (has(outside)) {
      return { from: start - width, to: end + width, put: text.slice(start, end),
        select: [start - width, end - width] };
    }
    if (has(inside)) {
      return { from: start, to: end, put: text.slice(start + width, end - width),
        select: [start, end - 2 * width] };
    }
    const mark = '*'.repeat(width);
    return { from: start, to: end, put: mark + text.slice(start, end) + mark,
      select: [start + width, end + width] };
  };
}

// Inline code: as many backticks as needed around the selection.
export function code(text, start, end) {
  const outside = Math.min(run(text, start, -1, '`'), run(text, end, 1, '`'));
  if (outside) {
    const inner = text.slice(start, end);
    const bare = outside > 1 ? inner.replace(/^ (.*) $/s, '$1') : inner;
    return { from: start - outside, to: end + outside, put: bare,
      select: [start - outside, start - outside + bare.length] };
  }
  [start, end] = trimmed(text, start, end);
  const inner = text.slice(start, end);
  const marked = /^(`+)([^`].*[^`]|[^`])\1$/s.exec(inner);
  if (marked) return { from: start, to: end, put: marked[2], select: [start, start + marked[2].length] };
  const longest = Math.max(0, ...(inner.match(/`+/g) ?? []).map((ticks) => ticks.length));
  const mark = '`'.repeat(longest + 1);
  const space = longest ? ' ' : '';
  return { from: start, to: end, put: mark + space + inner + space + mark,
    select: [start + mark.length, end + mark.length + 2 * space.length] };
}

// The whole lines that a selection touches.
function lines(text, start, end) {
  const from = start === 0 ? 0 : text.lastIndexOf('\n', start - 1) + 1;
  const last = end > start && text[end - 1] === '\n' ? end - 1 : end;
  const next = text.indexOf('\n', Math.max(last, from));
  return [from, next < 0 ? text.length : next];
}

// A code block: fences above and below; removed when the selection is in a block.
export function block(text, start, end) {
  const [from, to] = lines(text, start, end);
  const around = fences(text).find(([open, close]) => open.from <= from && to <= close.to);
  if (around) {
    const [open, close] = around;
    const inner = text.slice(Math.min(open.to + 1, close.from), Math.max(close.from - 1, open.to + 1));
    return { from: open.from, to: close.to, put: inner, select: [open.from, open.from + inner.length] };
  }
  const inner = text.slice(from, to);
  const longest = Math.max(2, ...(inner.match(/`{3,}/g) ?? []).map((ticks) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return { from, to, put: `${fence}\n${inner}\n${fence}`,
    select: [from + fence.length + 1, to + fence.length + 1] };
}

// Every fenced block as [opening line, closing line], each with `from` and `to`.
function fences(text) {
  const found = [];
  let open = null, at = 0;
  for (const line of text.split('\n')) {
    const [, sign] = /^ {0,3}(`{3,}|~{3,})/.exec(line) ?? [];
    const here = { from: at, to: at + line.length, sign };
    if (!open && sign) open = here;
    else if (open && sign && sign.startsWith(open.sign) && !line.trim().slice(sign.length)) {
      found.push([open, here]);
      open = null;
    }
    at += line.length + 1;
  }
  return found;
}

// A link: around the selection, or removed when the selection is in a link.
export function link(text, start, end) {
  const [from, to] = lines(text, start, end);
  for (const match of text.slice(from, to).matchAll(/\[([^\][]*)\]\(([^()\s]*)\)/g)) {
    const begin = from + match.index, stop = begin + match[0].length;
    if (begin <= start && end <= stop) {
      const put = match[1] || match[2].replace(/^https?:\/\/$/, '');
      return { from: begin, to: stop, put, select: [begin, begin + put.length] };
    }
  }
  const inner = text.slice(start, end);
  if (/^(https?:\/\/|mailto:)\S+$/.test(inner)) {
    return { from: start, to: end, put: `[](${inner})`, select: [start + 1, start + 1] };
  }
  const put = `[${inner}](https://)`;
  const address = [start + inner.length + 3, start + put.length - 1];
  return { from: start, to: end, put, select: inner ? address : [start + 1, start + 1] };
}

// Lines with a prefix: a quote, a list, numbered steps, a heading.
function prefix({ has, bare, add, blank = false }) {
  return (text, start, end) => {
    const [from, to] = lines(text, start, end);
    const old = text.slice(from, to).split('\n');
    const meant = (line) => blank || line.trim() || old.length === 1;
    const off = old.filter(meant).every((line) => has.test(line));
    let number = 0;
    const put = old.map((line) => {
      if (!meant(line)) return line;
      return off ? line.replace(has, '') : add((number += 1)) + (bare ? line.replace(bare, '') : line);
    }).join('\n');
    if (start !== end) return { from, to, put, select: [from, from + put.length] };
    const caret = Math.max(from, start + put.length - (to - from));
    return { from, to, put, select: [caret, caret] };
  };
}

const ITEM = /^(?:[-*+]|\d{1,9}[.)]) +/;
export const quote = prefix({ has: /^> ?/, add: () => '> ', blank: true });
export const list = prefix({ has: /^[-*+] +/, bare: ITEM, add: () => '- ' });
export const steps = prefix({ has: /^\d{1,9}[.)] +/, bare: ITEM, add: (number) => `${number}. ` });
export const heading = prefix({ has: /^## +/, bare: /^#{1,6} +/, add: () => '## ' });
