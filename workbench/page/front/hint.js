// The hint for whoever comes for the first time: seen once, it does not come again in this browser.
const SEEN = "hint-seen";
const close = () => { element.hidden = true; localStorage.setItem(SEEN, "yes"); };
element.hidden = localStorage.getItem(SEEN) !== null;
element.classList.add("ready");
element.addEventListener("click", (event) => { if (event.target.closest("button")) close(); });
