// <side-drawer popover>: covers the page behind it, and closes if the keyboard focus moves there.

class SideDrawer extends HTMLElement {
  connectedCallback() {
    this.addEventListener("focusout", (event) => this.closeBehind(event.relatedTarget));
    this.addEventListener("toggle", (event) => event.newState === "closed" && this.giveBack());
  }

  get opener() {
    return document.querySelector(`[popovertarget="${this.id}"]:not([popovertargetaction])`);
  }

  // Without a target the focus moves to another window or the browser's own bar: stay open.
  closeBehind(target) {
    if (target && !this.contains(target) && this.matches(":popover-open")) this.hidePopover();
  }

  // The browser restores focus after Escape, but not after a tap next to the drawer. Safari never focuses the
  // tapped button; the focus is then on the body or the main part.
  giveBack() {
    if (document.activeElement.tabIndex < 0) this.opener?.focus({ preventScroll: true });
  }

  // Reopens a drawer whose HTML was replaced while it was open, as if by its button, so that closing it
  // returns focus there. The caller sets the focus inside.
  openAgain(scrolled) {
    this.opener?.focus({ preventScroll: true });
    this.showPopover({ source: this.opener });
    this.scrollTop = scrolled;
  }
}

customElements.define("side-drawer", SideDrawer);
