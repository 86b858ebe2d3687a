package admin

import "github.com/standin-id/standin/web/frame"

func organisationViews() map[string]frame.Page { return map[string]frame.Page{} }

func organisationPages() pages { return pages{} }
