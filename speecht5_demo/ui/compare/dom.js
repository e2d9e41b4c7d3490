// Small helpers that the other parts of the board are written with.
// All text goes through append, which makes text nodes: what a visitor typed is never markup.
const PLAY = 'M7 4.5v15l13-7.5z';
const PAUSE = 'M6 4.5h4.5v15H6zM13.5 4.5H18v15h-4.5z';
const root = window.gradio_config?.root || location.origin;

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
const icon = (path) => {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(document.createElementNS('http://www.w3.org/2000/svg', 'path'));
  svg.firstChild.setAttribute('d', path);
  return svg;
};
const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;

// One random word a browser, so that all ratings of one person can be told from those of others. Nothing else is kept.
const listenerId = () => {
  const fresh = () => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  try {
    const known = localStorage.getItem('speecht5-listener') || fresh();
    localStorage.setItem('speecht5-listener', known);
    return known;
  } catch {
    return (window.speecht5Listener ??= fresh());
  }
};
