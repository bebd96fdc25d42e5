// What all of the page shares: a picture fills the screen, and leaves it again.
document.addEventListener("click", (event) => {
  const button = event.target.closest(".enlarge");
  if (!button) return;
  if (document.fullscreenElement) document.exitFullscreen();
  else button.closest("figure").requestFullscreen();
});
