// A note says when the samples are of an earlier request: when what is asked now is not what they were asked with.
const stale = h('p', { class: 'stale', role: 'status', hidden: true }, t('These samples are of what you asked for before. Press Speak for the new ones.'));

// What is asked with these fields, as texts; what is not in use is left out.
const requestOf = ({ versions, voice, upload, blend, share, own, pruned, int8, include, exclude, ...rest }) => {
  const used = {
    ...rest, versions: [...versions].sort().join(' '), voice: upload || voice,
    ...(blend && { blend, share }), ...(own && { pruned, int8, include, exclude }),
  };
  return Object.fromEntries(Object.entries(used).map(([name, value]) => [name, String(typeof value === 'boolean' ? Number(value) : value ?? '')]));
};
const fieldsOf = (link) => {
  const { run, ...given } = Object.fromEntries(new URLSearchParams(link));
  return { include: '', exclude: '', pairs: 0, ...given, own: 'pruned' in given, versions: (given.versions ?? '').split(' ').filter(Boolean) };
};
// The page that was left knows best what was asked; the link of a blind comparison says no seed.
const noteAsked = (link) => {
  const { pressed, asked } = window.speecht5;
  window.speecht5.asked = pressed || !asked ? `${new URLSearchParams(requestOf(pressed ?? fieldsOf(link)))}` : asked;
};
const refreshStale = () => {
  const { fields, filling } = window.speecht5;
  if (!view.run || !fields) return;
  const now = requestOf(fields);
  const asked = Object.fromEntries(new URLSearchParams(window.speecht5.asked));
  const names = Object.keys(now).concat(Object.keys(asked)).filter((name) => name !== 'seed' || 'seed' in asked);
  stale.hidden = filling || names.every((name) => now[name] === asked[name]);
};
window.speecht5.noteFields = refreshStale;
