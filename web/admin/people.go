package admin

import "github.com/standin-id/standin/web/frame"

func peopleViews() map[string]frame.Page { return map[string]frame.Page{} }

func peoplePages() pages { return pages{} }
