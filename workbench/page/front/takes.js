// The takes of a visitor's own motions: one of them is dropped, or a motion with all of its takes.
element.addEventListener("click", (event) => {
  const take = event.target.closest(".drop-take"), motion = event.target.closest(".drop-motion");
  if (take) trigger("drop_take", {name: take.dataset.name});
  if (motion) trigger("drop_motion", {name: motion.dataset.name});
});
