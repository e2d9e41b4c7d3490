// Which button of a row was pressed last, by the names of both. Buttons that share an event ask this: when Gradio sends
// an event again that came while an answer was on its way, it sends it in the name of the button that was first.
window.speecht5.pressed = {};
document.addEventListener('click', (event) => {
  const button = event.target.closest?.('button[id]');
  const row = button?.parentElement.closest('[id]');
  if (row) window.speecht5.pressed[row.id] = button.id;
}, true);
