package standin

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Actor says who is really there, as the record writes it: "person:p-1", "agent:…", "key:…", "operator:…" or
// "system:…".
type Actor string

// PersonActor returns the actor that is the person.
func PersonActor(id PersonID) Actor { return Actor("person:" + id) }

// KeyActor returns the actor that is the API key.
func KeyActor(id KeyID) Actor { return Actor("key:" + id) }

// OperatorActor returns the actor that runs commands on the machine; name says which command.
func OperatorActor(name string) Actor { return Actor("operator:" + name) }

// SystemActor returns the actor for what Standin does by itself, such as recording that a session ran out.
func SystemActor(name string) Actor { return Actor("system:" + name) }

// Person returns the person that the actor is, or "" where the actor is no person.
func (a Actor) Person() PersonID {
	if id, ok := strings.CutPrefix(string(a), "person:"); ok {
		return PersonID(id)
	}
	return ""
}

// Key returns the API key that the actor is, or "" where the actor is no key.
func (a Actor) Key() KeyID {
	if id, ok := strings.CutPrefix(string(a), "key:"); ok {
		return KeyID(id)
	}
	return ""
}

// IsOperator reports whether the actor commands the machine itself: world files and the command line.
func (a Actor) IsOperator() bool { return strings.HasPrefix(string(a), "operator:") }

// Origin says where a request came from, as far as the record keeps it.
type Origin struct {
	Address string // network address of the browser or program
	Agent   string // what it calls itself, cut at 300 bytes
}

// Network is the address as one subscriber has it, for counting what comes from where: of IPv6 the first 64 bits, of IPv4 all,
// and what is no address as it is.
func (o Origin) Network() string {
	ip, err := netip.ParseAddr(o.Address)
	if err != nil {
		return o.Address
	}
	if ip = ip.Unmap().WithZone(""); ip.Is4() {
		return ip.String()
	}
	prefix, err := ip.Prefix(64)
	if err != nil {
		return o.Address
	}
	return prefix.String()
}

// Login is one sign-in of a person in a browser, as far as other rooms may know it.
type Login struct {
	ID     LoginID
	Ends   time.Time // the sign-in's own end; nothing that rests on it lives longer
	Proved time.Time // when a factor was last proved in it (THREATS 33)
	// Factors names what was proved, "pwd" (RFC 8176).
	Factors []string
}

// Caller is who asks for something to be done.
//
// In one's own name Principal is the actor's own id and Session is empty. While acting, Principal is the represented
// person, Session the acting session and Delegation what it rests on. An API key or an operator has no Principal.
type Caller struct {
	Organisation OrganisationID
	Actor        Actor
	Principal    PersonID
	Session      SessionID
	Delegation   DelegationID
	Login        Login
	Origin       Origin
	// May holds what an API key was made for ("decide", "record", "people", "scim", "admin"; see EntitledIn); empty for people.
	May []string
}

// Acting reports whether the caller stands in for somebody else.
func (c Caller) Acting() bool { return c.Session != "" }

// Entitled reports whether the caller is an API key made for what.
func (c Caller) Entitled(what string) bool {
	return c.Actor.Key() != "" && slices.Contains(c.May, what)
}

// OperatorCaller returns the caller for the operator's command in an organisation. Who-may rules do not bind it.
func OperatorCaller(organisation OrganisationID, command string) Caller {
	return Caller{Organisation: organisation, Actor: OperatorActor(command)}
}
