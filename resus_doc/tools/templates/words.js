"use strict";
// The phrases of the page as `strings.py` put them in: `say(key, values…)`. Of two forms the first value chooses one.
const say = (() => {
  const phrases = JSON.parse(document.getElementById("phrases").textContent);
  return (key, ...values) => {
    const forms = phrases[key];
    const text = typeof forms === "string" ? forms : forms[values[0] === 1 ? "one" : "other"];
    return text.replace(/\{(\d)\}/g, (_, place) => values[place]);
  };
})();
