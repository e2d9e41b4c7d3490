// A theme and a language chosen in the address stay when a visitor goes to another page of ours; the menu of languages
// keeps all else that stands in the address.
const CARRIED = { __theme: /^(light|dark|system)$/, lang: /^[\w-]{2,20}$/ };
document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a[href]');
  if (!link || link.origin !== location.origin || link.hasAttribute('download')) return;
  const here = new URLSearchParams(location.search);
  if (link.matches('[data-language]')) {
    here.set('lang', link.lang);
    link.href = `${location.pathname}?${here}${location.hash}`;
    return;
  }
  if (link.pathname === location.pathname) return;
  const to = new URL(link.href);
  for (const [name, allowed] of Object.entries(CARRIED)) if (allowed.test(here.get(name) ?? '')) to.searchParams.set(name, here.get(name));
  link.href = to.href;
}, true);
