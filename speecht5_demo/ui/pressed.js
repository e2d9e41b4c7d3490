// Which of some buttons was pressed last, by their ids.
{
  const pressed = new Set();
  document.addEventListener('click', (event) => {
    const button = event.target.closest?.('button[id]');
    if (!button) return;
    pressed.delete(button.id);
    pressed.add(button.id);
  }, true);
  window.speecht5.pressedLast = (...ids) => [...pressed].reverse().find((id) => ids.includes(id));
}
