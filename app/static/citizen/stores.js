// "Near me": the phone says where it is only when it is asked, and the address of the page keeps it no longer than that.
const form = document.querySelector(".finder");
const button = document.getElementById("locate");
const METRES_ENOUGH = 4; // decimals of a degree: ten metres

if (navigator.geolocation) {
  button.hidden = false;
  button.addEventListener("click", () => {
    button.setAttribute("aria-busy", "true");
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      document.getElementById("near").value = [coords.latitude, coords.longitude].map((of) => of.toFixed(METRES_ENOUGH)).join(",");
      form.requestSubmit();
    }, () => {
      button.removeAttribute("aria-busy");
      document.getElementById("no-place").hidden = false;
    }, { timeout: 10_000, maximumAge: 60_000 });
  });
}
for (const select of form.querySelectorAll("select")) select.addEventListener("change", () => form.requestSubmit());
