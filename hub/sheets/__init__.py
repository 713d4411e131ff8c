"""Spreadsheets in and out: CSV (UTF-8, cp932) and XLSX as rows of cells that know their place; no business rule."""
