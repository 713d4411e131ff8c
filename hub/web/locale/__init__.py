"""The texts of the pages, one module for each group of pages; `hub.web.i18n` reads them."""
