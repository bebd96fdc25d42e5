// The sample videos: a click asks for one, and says what it teaches.
element.addEventListener("click", (event) => {
  const sample = event.target.closest("button");
  if (!sample) return;
  element.querySelector(".lesson").textContent = sample.dataset.lesson;
  trigger("choose", {name: sample.id});
});
