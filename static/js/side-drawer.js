// <side-drawer popover>: covers the page behind it, so the keyboard is never left back there while it is open.

class SideDrawer extends HTMLElement {
  connectedCallback() {
    this.addEventListener("focusout", (event) => this.closeBehind(event.relatedTarget));
    this.addEventListener("toggle", (event) => event.newState === "closed" && this.giveBack());
  }

  get opener() {
    return document.querySelector(`[popovertarget="${this.id}"]:not([popovertargetaction])`);
  }

  // Another window or the browser's own bar (no target) is not behind it.
  closeBehind(target) {
    if (target && !this.contains(target) && this.matches(":popover-open")) this.hidePopover();
  }

  // The browser gives the keyboard back after Escape, but not after a tap beside the drawer, and Safari
  // never where the button was tapped: it then is with the page as a whole, or its main part.
  giveBack() {
    if (document.activeElement.tabIndex < 0) this.opener?.focus({ preventScroll: true });
  }

  // Opens a drawer that came anew while it was open, as if by its button: that is where closing leads
  // back to. What takes the keyboard then is for the caller.
  openAgain(scrolled) {
    this.opener?.focus({ preventScroll: true });
    this.showPopover({ source: this.opener });
    this.scrollTop = scrolled;
  }
}

customElements.define("side-drawer", SideDrawer);
