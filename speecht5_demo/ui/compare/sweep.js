// One sound at a time: what starts to play ends what is heard, be it a clip of the sweep or a sample.
const playAlone = ({ target }) => {
  if (target.paused) return;
  for (const other of document.querySelectorAll('audio')) if (other !== target && !other.paused) other.pause();
};
document.removeEventListener('play', window.speecht5PlayAlone, true);
window.speecht5PlayAlone = playAlone;
document.addEventListener('play', playAlone, true);
