"""How Sphinx shows the staged pages (website.stage writes them; `make docs` runs both). Nothing here needs a network."""

from docutils import nodes
from pygments.lexers.special import TextLexer

from sim import __version__

project = "ingress-sim"
author = "the authors of ingress-sim"
version = release = __version__
html_title = f"ingress-sim {__version__}"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "index"
nb_execution_mode = "off"  # a lesson shows nothing before it is asked; others are kept with their outputs
myst_heading_anchors = 4
default_role = "code"
smartquotes = False  # --prices is no dash
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
add_module_names = False

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_show_search_summary = False  # it would fetch every page found, which a page opened from disk must not
_FONTS = {"font-stack": "system-ui, sans-serif", "font-stack--monospace": "ui-monospace, monospace"}
html_theme_options = {
    "light_css_variables": {
        **_FONTS,
        "color-background-primary": "#ffffff",
        "color-background-secondary": "#f6f8fa",
        "color-foreground-primary": "#1f2328",
        "color-foreground-secondary": "#59636e",
        "color-foreground-muted": "#59636e",
        "color-foreground-border": "#818b98",
        "color-background-border": "#d0d7de",
        "color-brand-primary": "#005a8c",
        "color-brand-content": "#005a8c",
        "color-brand-visited": "#005a8c",
    },
    "dark_css_variables": {
        **_FONTS,
        "color-background-primary": "#0d1117",
        "color-background-secondary": "#161b22",
        "color-foreground-primary": "#e6edf3",
        "color-foreground-secondary": "#9da7b3",
        "color-foreground-muted": "#9da7b3",
        "color-foreground-border": "#6e7681",
        "color-background-border": "#3d444d",
        "color-brand-primary": "#56b4e9",
        "color-brand-content": "#56b4e9",
        "color-brand-visited": "#56b4e9",
    },
}


def setup(app):
    """Between a parameter and what it is stands a dash; quotes and dashes elsewhere stay as they are written."""

    def dashes(app, tree, name):
        for text in [text for text in tree.findall(nodes.Text) if text == " -- "]:
            text.parent.replace(text, nodes.Text(" – "))

    app.connect("doctree-resolved", dashes)
    for kind in ("csv", "log"):  # kinds of files that pages show, and Pygments does not know
        app.add_lexer(kind, TextLexer)
