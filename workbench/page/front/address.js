// The address of the page says what is looked at, and the tab of the browser remembers which files were given.
watch("value", () => {
  const state = element.querySelector("i");
  if (!state) return;
  const kept = [...new URLSearchParams(location.search)].filter(([name]) => name.startsWith("__"));
  const query = new URLSearchParams([...new URLSearchParams(state.dataset.query), ...kept]);
  history.replaceState(history.state, "", location.pathname + (query.size ? "?" + query : ""));
  sessionStorage.setItem("query", location.search);
  sessionStorage.setItem("files", state.dataset.files);
});
