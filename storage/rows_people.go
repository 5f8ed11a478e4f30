package storage

import "tuanbot/domain"

type communityRow struct {
	ID        domain.CommunityID
	Name      string
	Zone      string
	Lang      domain.Lang
	Currency  string
	QuietFrom int
	QuietTo   int
	Created   int64 `gorm:"column:created_at"`
}

// TableName names the table.
func (communityRow) TableName() string { return "communities" }

func communityToRow(c domain.Community) communityRow {
	return communityRow{ID: c.ID, Name: c.Name, Zone: c.Zone, Lang: c.Lang, Currency: c.Currency, QuietFrom: c.QuietFrom, QuietTo: c.QuietTo, Created: ms(c.CreatedAt)}
}

func communityFromRow(w communityRow) domain.Community {
	return domain.Community{ID: w.ID, Name: w.Name, Zone: w.Zone, Lang: w.Lang, Currency: w.Currency, QuietFrom: w.QuietFrom, QuietTo: w.QuietTo, CreatedAt: at(w.Created)}
}

type accountRow struct {
	ID        domain.AccountID
	Community domain.CommunityID
	Kind      domain.AccountKind
	Name      string
	Lang      domain.Lang
	Household domain.HouseholdID
	Point     domain.PointID
	Created   int64 `gorm:"column:created_at"`
}

// TableName names the table.
func (accountRow) TableName() string { return "accounts" }

func accountToRow(a domain.Account) accountRow {
	return accountRow{ID: a.ID, Community: a.Community, Kind: a.Kind, Name: a.Name, Lang: a.Lang, Household: a.Household, Point: a.Point, Created: ms(a.CreatedAt)}
}

func accountFromRow(w accountRow) domain.Account {
	return domain.Account{ID: w.ID, Community: w.Community, Kind: w.Kind, Name: w.Name, Lang: w.Lang, Household: w.Household, Point: w.Point, CreatedAt: at(w.Created)}
}

type linkRow struct {
	FromID   domain.AccountID
	ToID     domain.AccountID
	LinkedAt int64
}

// TableName names the table.
func (linkRow) TableName() string { return "account_links" }

type identityRow struct {
	Channel  string
	External string
	Account  domain.AccountID
	SeenAt   int64
}

// TableName names the table.
func (identityRow) TableName() string { return "identities" }

func identityFromRow(w identityRow) domain.Identity {
	return domain.Identity{Channel: w.Channel, External: w.External, Account: w.Account, SeenAt: at(w.SeenAt)}
}

type roleRow struct {
	Community domain.CommunityID
	Account   domain.AccountID
	Name      domain.RoleName
	Scope     string
	GrantedBy domain.AccountID
	GrantedAt int64
}

// TableName names the table.
func (roleRow) TableName() string { return "roles" }

func roleToRow(r domain.Role) roleRow {
	return roleRow{Community: r.Community, Account: r.Account, Name: r.Name, Scope: r.Scope, GrantedBy: r.GrantedBy, GrantedAt: ms(r.At)}
}

func roleFromRow(w roleRow) domain.Role {
	return domain.Role{Community: w.Community, Account: w.Account, Name: w.Name, Scope: w.Scope, GrantedBy: w.GrantedBy, At: at(w.GrantedAt)}
}

type chatRow struct {
	ID        domain.ChatID
	Community domain.CommunityID
	Channel   string
	External  string
	IsGroup   bool
	Title     string
	Noise     domain.Noise
	Created   int64 `gorm:"column:created_at"`
	GoneAt    int64
}

// TableName names the table.
func (chatRow) TableName() string { return "chats" }

func chatToRow(c domain.Chat) chatRow {
	return chatRow{ID: c.ID, Community: c.Community, Channel: c.Channel, External: c.External, IsGroup: c.Group, Title: c.Title, Noise: c.Noise, Created: ms(c.CreatedAt), GoneAt: ms(c.GoneAt)}
}

func chatFromRow(w chatRow) domain.Chat {
	return domain.Chat{ID: w.ID, Community: w.Community, Channel: w.Channel, External: w.External, Group: w.IsGroup, Title: w.Title, Noise: w.Noise, CreatedAt: at(w.Created), GoneAt: at(w.GoneAt)}
}

type pointRow struct {
	ID        domain.PointID
	Community domain.CommunityID
	Name      string
	Hours     string
	Created   int64 `gorm:"column:created_at"`
}

// TableName names the table.
func (pointRow) TableName() string { return "points" }

func pointToRow(p domain.Point) pointRow {
	return pointRow{ID: p.ID, Community: p.Community, Name: p.Name, Hours: p.Hours, Created: ms(p.CreatedAt)}
}

func pointFromRow(w pointRow) domain.Point {
	return domain.Point{ID: w.ID, Community: w.Community, Name: w.Name, Hours: w.Hours, CreatedAt: at(w.Created)}
}

type householdRow struct {
	ID        domain.HouseholdID
	Community domain.CommunityID
	Building  string
	Blind     string
	RoomBox   []byte
}

// TableName names the table.
func (householdRow) TableName() string { return "households" }

func householdToRow(h domain.Household) householdRow {
	return householdRow{ID: h.ID, Community: h.Community, Building: h.Building, Blind: h.Blind, RoomBox: h.RoomBox}
}

func householdFromRow(w householdRow) domain.Household {
	return domain.Household{ID: w.ID, Community: w.Community, Building: w.Building, Blind: w.Blind, RoomBox: w.RoomBox}
}

type dialogueRow struct {
	Account domain.AccountID
	Chat    domain.ChatID
	Name    string
	State   []byte
	UntilAt int64
}

// TableName names the table.
func (dialogueRow) TableName() string { return "dialogues" }

type triesRow struct {
	Account domain.AccountID
	Tries   int64
	UntilAt int64
	LastAt  int64
}

// TableName names the table.
func (triesRow) TableName() string { return "code_tries" }
