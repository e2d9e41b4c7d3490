// A theme chosen in the address stays when a visitor goes to another page of ours.
document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a[href]');
  const theme = new URLSearchParams(location.search).get('__theme');
  if (!link || !theme || !['light', 'dark', 'system'].includes(theme) || link.origin !== location.origin) return;
  if (link.hasAttribute('download') || link.pathname === location.pathname) return;
  const to = new URL(link.href);
  to.searchParams.set('__theme', theme);
  link.href = to.href;
}, true);
