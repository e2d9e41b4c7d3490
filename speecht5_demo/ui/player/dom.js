// Small helpers that all scripts of the pages are written with.
// All text goes through append, which makes text nodes: what a visitor typed is never markup.
const root = (window.gradio_config?.root || location.origin).replace(/\/+$/, '');

const h = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value == null) continue;
    if (name.startsWith('on')) node[name] = value;
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child != null && child !== false));
  return node;
};
const svg = (viewBox, ...paths) => {
  const make = (tag) => document.createElementNS('http://www.w3.org/2000/svg', tag);
  const node = make('svg');
  node.setAttribute('viewBox', viewBox);
  node.setAttribute('aria-hidden', 'true');
  for (const d of paths) {
    const path = make('path');
    path.setAttribute('d', d);
    node.append(path);
  }
  return node;
};
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// Onto the clipboard where the browser allows it; else the text is selected, for the visitor to copy.
const copied = async (text, shown) => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { /* not over plain http, nor in some frames */ }
  const selection = getSelection();
  selection.removeAllRanges();
  const range = document.createRange();
  range.selectNodeContents(shown);
  selection.addRange(range);
  try { return document.execCommand('copy'); } catch { return false; }
};
