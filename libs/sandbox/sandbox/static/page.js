// Keeps the page fresh and turns buttons into control calls.
const world = document.getElementById("world");
const said = document.getElementById("said");
let shown = "";

async function refresh() {
  if (document.hidden) return;
  try {
    const body = await (await fetch("/_sandbox/page")).text();
    if (body !== shown) {
      const focused = document.activeElement?.dataset?.post;
      world.innerHTML = shown = body;
      if (focused) [...world.querySelectorAll("button")].find((button) => button.dataset.post === focused)?.focus();
    }
  } catch {
    said.textContent = "The sandbox does not answer.";
  }
}

world.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-post]");
  if (!button) return;
  button.disabled = true;
  const answer = await fetch(button.dataset.post, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
  said.textContent = answer.ok ? `${button.textContent}: done` : (await answer.json()).detail;
  await refresh();
});

setInterval(refresh, 1500);
