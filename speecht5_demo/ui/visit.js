// What a page knows of its visitor, for all scripts of the page.
window.speecht5 = {
  // One random word a browser, so that all ratings of one person can be told from those of others. Nothing else is kept.
  listener() {
    const fresh = () => [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    try {
      const known = localStorage.getItem('speecht5-listener') || fresh();
      localStorage.setItem('speecht5-listener', known);
      return known;
    } catch {
      return (this.word ??= fresh());
    }
  },
};
