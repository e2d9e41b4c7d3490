// Before anything else of a page in a language of its own: the texts of its scripts, and the page as a browser of that
// language would show it, so that the library's own words and all that the server answers are in it too.
window.speecht5Language = TOLD;
(() => {
  const { language } = window.speecht5Language;
  Object.defineProperty(navigator, 'language', { get: () => language, configurable: true });
  Object.defineProperty(navigator, 'languages', { get: () => [language], configurable: true });
  // The library writes `en` where it does not know the language.
  const kept = () => { if (document.documentElement.lang !== language) document.documentElement.lang = language; };
  new MutationObserver(kept).observe(document.documentElement, { attributes: true, attributeFilter: ['lang'] });
  const ask = window.fetch;
  window.fetch = (what, how) => {
    const asked = new URL(what instanceof Request ? what.url : what, document.baseURI);
    if (asked.origin !== location.origin) return ask(what, how);
    const headers = new Headers(how?.headers ?? (what instanceof Request ? what.headers : undefined));
    headers.set('accept-language', language);
    return ask(what, { ...how, headers });
  };
})();
