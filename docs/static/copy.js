// A button on each block of code copies it; of a console, only the commands, without their prompts.
// Browsers have a clipboard on https and localhost only: elsewhere there is no button.
"use strict";

for (const block of navigator.clipboard ? document.querySelectorAll("div.highlight") : []) {
  const pre = block.querySelector("pre");
  const isConsole = block.parentElement.matches(".highlight-console");
  const lines = pre.textContent.split("\n");
  const commands = lines.filter((line) => line.startsWith("$ ")).map((line) => line.slice(2));
  if (isConsole && !commands.length) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(isConsole ? commands.join("\n") : pre.textContent.trimEnd());
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  block.append(button);
}
