/** Where dialogs and menus are mounted: inside the page, for its theme and styles. */
export const overlayRoot = () => document.querySelector<HTMLElement>(".ui") ?? document.body;

/** Where menus are mounted: a menu is no landmark of its own, so it goes into the page's. */
export const menuRoot = () => document.querySelector<HTMLElement>("main") ?? overlayRoot();
