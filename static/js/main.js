// Loads the custom elements. Each wraps HTML that works without it.
import "./add-to-basket.js";
import "./card-dots.js";
import "./checked-form.js";
import "./compare-choice.js";
import "./file-limit.js";
import "./wish-list-link.js";
import "./live-basket.js";
import "./live-filters.js";
import "./passkey-form.js";
import "./photo-gallery.js";
import "./print-page.js";
import "./quantity-stepper.js";
import "./search-suggestions.js";
import "./quick-add.js";
import "./recently-viewed.js";
import "./side-drawer.js";
import "./variant-switch.js";
import { showOwnCount } from "./fragment.js";

addEventListener("pageshow", showOwnCount);
showOwnCount();

// Morph the photograph of the followed card into that of the product page.
addEventListener("pageswap", (event) => {
  const url = event.activation?.entry?.url;
  if (!event.viewTransition || !url) return;
  event.viewTransition.ready.catch(() => {}); // an abandoned transition is not an error
  const link = [...document.querySelectorAll(".card__link")].find((card) => card.href === url);
  link?.closest(".card").querySelector(".photo")?.style.setProperty("view-transition-name", "product-photo");
});

// Focus the error summary after a form was refused.
document.querySelector("[data-error-summary]")?.focus();
