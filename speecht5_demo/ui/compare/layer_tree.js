// Layers by their place in the model, with their sizes: what is ticked becomes patterns in the field above, beside those
// that were written there by hand.
const { t } = window.speecht5;
const tree = element.querySelector('.layer-tree');
const megabytes = (bytes) => (bytes < 1e5 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);
const make = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
};
// A ticked part stands for all that is in it.
const chosen = () => [...tree.querySelectorAll('input:checked')].filter((box) => !box.closest('li').parentElement.closest('li')?.querySelector(':scope > .layer input').checked);
const written = () => document.querySelector('#include :is(input, textarea)').value.split(',').map((pattern) => pattern.trim()).filter(Boolean);
const told = new Set();
const tell = () => {
  const ticked = chosen().map((box) => box.value);
  ticked.forEach((pattern) => told.add(pattern));
  props.value = [...written().filter((pattern) => pattern !== '*' && !told.has(pattern)), ...ticked].join(', ');
  trigger('input');
};
const tickWritten = () => {
  for (const box of tree.querySelectorAll('input')) {
    if (!written().includes(box.value)) continue;
    told.add(box.value);
    box.closest('li').querySelectorAll('input').forEach((inner) => { inner.checked = true; });
  }
};
const branch = (node) => {
  const leaf = !node.children.length;
  const box = make('input', { type: 'checkbox', value: leaf ? node.path : `${node.path}.*` });
  const label = make('label', {}, box, ' ', make('span', { translate: 'no' }, node.name), ' ', make('span', { class: 'layer-size' }, megabytes(node.bytes)));
  const item = make('li', {}, make('div', { class: 'layer' }, label));
  box.onchange = () => {
    item.querySelectorAll('input').forEach((inner) => { inner.checked = box.checked; });
    for (let above = item.parentElement.closest('li'); above && !box.checked; above = above.parentElement.closest('li')) above.querySelector('input').checked = false;
    tell();
  };
  if (!leaf) {
    const inner = make('ul', {}, ...node.children.map(branch));
    inner.hidden = true;
    const open = make('button', { type: 'button', class: 'layer-open', 'aria-expanded': 'false', 'aria-label': t('Show the layers of {part}', { part: node.path }) }, '▸');
    open.onclick = () => { inner.hidden = !inner.hidden; open.setAttribute('aria-expanded', String(!inner.hidden)); open.textContent = inner.hidden ? '▸' : '▾'; };
    item.firstChild.prepend(open);
    item.append(inner);
  }
  return item;
};
const button = element.querySelector('.layer-show');
button.onclick = async () => {
  button.disabled = true;
  button.textContent = t('Looking for the layers…');
  try {
    const found = await server.layers();
    tree.firstElementChild.replaceChildren(...found.children.map(branch));
    tickWritten();
    button.hidden = true;
  } catch {
    button.disabled = false;
    button.textContent = t('The layers could not be listed. Try again');
  }
};
