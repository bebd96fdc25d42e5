// The sample videos: a click asks for one.
element.addEventListener("click", (event) => {
  const sample = event.target.closest("button");
  if (sample) trigger("choose", {name: sample.id});
});
