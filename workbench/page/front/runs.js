// The runs of a study: a click opens the notebook of one.
element.addEventListener("click", (event) => {
  const run = event.target.closest(".run");
  if (run) trigger("open", {label: run.dataset.label, seed: parseInt(run.dataset.seed)});
});
