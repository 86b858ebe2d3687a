package frame

import (
	"github.com/standin-id/standin"
	"github.com/standin-id/standin/rights"
)

// Reason returns what a decision's reason or change says, with roles and permissions by what people call them; "" for nil.
func (v *Visit) Reason(e *standin.Error) string {
	if e == nil {
		return ""
	}
	told := *e
	told.Args = make(map[string]string, len(e.Args))
	for name, value := range e.Args {
		switch name {
		case "permission":
			if _, err := rights.Parse(value); err == nil {
				value = v.Permission(value)
			}
		case "role":
			value = v.RoleCalled(standin.RoleID(value))
		}
		told.Args[name] = value
	}
	return v.Base.Error(&told)
}
