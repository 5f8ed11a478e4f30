package storage

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"tuanbot/domain"
)

// loader fills one book. It first finds whose orders are wanted, then reads all orders of those shoppers in the deal.
type loader struct {
	t    *tx
	db   *gorm.DB
	b    *domain.Book
	n    domain.Needs
	deal domain.DealID

	shoppers []domain.AccountID        // whose orders are wanted
	whole    map[domain.AccountID]bool // whose orders are there
	known    map[domain.AccountID]bool // whose links are there
	orders   []domain.OrderID          // loaded
	payments []domain.PaymentID
	page     domain.Page
}

// Load fills the book with what the turn needs.
func (t *tx) Load(ctx context.Context, b *domain.Book, n domain.Needs) error {
	t.mem.open()
	l := &loader{t: t, db: t.orm(ctx), b: b, n: n, deal: b.Deal().ID(), shoppers: n.Shoppers, whole: map[domain.AccountID]bool{}, known: map[domain.AccountID]bool{}}
	steps := []func() error{
		l.teams, l.named, l.fanOut, l.arrived, l.unpaid, l.namedMoney, l.ordersOfShoppers, l.homes, l.teamsOfOrders, l.mates, l.money, l.waiting,
		l.summaries, l.checkOffs, l.buildings, l.chains, l.names,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("load deal %s: %w", l.deal, err)
		}
	}
	b.SetPage(l.page)
	return nil
}

// teams reads the teams asked for, in one statement; those that the image brought are there already.
func (l *loader) teams() error {
	var or []string
	var args []any
	want := func(where string, as ...any) {
		or = append(or, "("+where+")")
		args = append(args, as...)
	}
	chain := l.b.Deal().Record().Terms.Kind == domain.KindChain
	if l.n.AllTeams || (l.n.ChainTeam && chain && len(l.b.Teams()) == 0) {
		want("1 = 1")
	}
	if missing := l.missingTeams(l.n.Teams); len(missing) > 0 {
		want("id IN ?", missing)
	}
	if l.n.OpenTeams {
		want("state IN ?", undecided)
	}
	if l.n.DueTeams {
		now := ms(l.b.Now)
		want(whoseTimeHasCome, undecided, domain.TeamForming, now)
	}
	if len(or) == 0 {
		return nil
	}
	return l.addTeams(l.db.Where("deal = ?", l.deal).Where("("+strings.Join(or, " OR ")+")", args...))
}

func (l *loader) missingTeams(ids []domain.TeamID) []domain.TeamID {
	var missing []domain.TeamID
	for _, id := range distinct(ids) {
		if !l.b.HasTeam(id) {
			missing = append(missing, id)
		}
	}
	return missing
}

func (l *loader) addTeams(q *gorm.DB) error {
	rows, err := all[teamRow](q.Order("id"))
	if err != nil {
		return fmt.Errorf("teams: %w", err)
	}
	for _, w := range rows {
		l.b.AddTeam(domain.RestoreTeam(teamFromRow(w)))
	}
	return nil
}

// named finds the shoppers of orders that are asked for by id, number, code or home.
func (l *loader) named() error {
	find := func(column string, keys any, n int) error {
		if n == 0 {
			return nil
		}
		return l.addShoppers(l.db.Where("deal = ?", l.deal).Where(column+" IN ?", keys))
	}
	if err := find("id", l.n.Orders, len(l.n.Orders)); err != nil {
		return err
	}
	if err := find("serial", l.n.Serials, len(l.n.Serials)); err != nil {
		return err
	}
	if err := find("pickup_code", l.n.Codes, len(l.n.Codes)); err != nil {
		return err
	}
	return find("household", l.n.Households, len(l.n.Households))
}

func (l *loader) addShoppers(q *gorm.DB) error {
	var who []domain.AccountID
	if err := q.Model(&orderRow{}).Distinct().Pluck("shopper", &who).Error; err != nil {
		return fmt.Errorf("shoppers: %w", translate(err))
	}
	l.shoppers = append(l.shoppers, who...)
	return nil
}

// addPage finds the shoppers of up to limit orders and says how many orders that were.
func (l *loader) addPage(q *gorm.DB, limit int) (int, error) {
	var who []domain.AccountID
	if err := q.Model(&orderRow{}).Limit(limit).Pluck("shopper", &who).Error; err != nil {
		return 0, fmt.Errorf("page of orders: %w", translate(err))
	}
	l.shoppers = append(l.shoppers, who...)
	return len(who), nil
}

// fanOut looks at some decided teams whose orders are not all moved, and pages their orders.
func (l *loader) fanOut() error {
	if l.n.FanOut <= 0 {
		return nil
	}
	rows, err := all[teamRow](l.db.Where("deal = ? AND state IN ? AND fanned_out = ?", l.deal, decidedStates, false).Order("id").Limit(l.n.FanOut))
	if err != nil {
		return fmt.Errorf("teams to fan out: %w", err)
	}
	var formed, ended []domain.TeamID
	for _, w := range rows {
		l.b.AddTeam(domain.RestoreTeam(teamFromRow(w)))
		l.page.FanOutTeams = append(l.page.FanOutTeams, w.ID)
		if w.State == domain.TeamFormed {
			formed = append(formed, w.ID)
		} else {
			ended = append(ended, w.ID)
		}
	}
	if err := l.pageOfTeams(formed, toForm); err != nil {
		return err
	}
	return l.pageOfTeams(ended, toEnd)
}

// ofTeams finds orders by their team. The state is hidden from the planner, which would else read all orders in that state.
const ofTeams = "team IN ? AND COALESCE(state, '') IN ?"

var (
	decidedStates = []domain.TeamState{domain.TeamFormed, domain.TeamFailing, domain.TeamFailed, domain.TeamCancelling, domain.TeamCancelled}
	toForm        = []domain.OrderState{domain.OrderPlaced, domain.OrderWaiting}
	toEnd         = []domain.OrderState{domain.OrderPlaced, domain.OrderWaiting, domain.OrderAwaiting, domain.OrderConfirmed, domain.OrderReady}
)

func (l *loader) pageOfTeams(teams []domain.TeamID, states []domain.OrderState) error {
	for len(teams) > 0 && l.page.FanOut < l.n.FanOut {
		part := teams[:min(maxKeys, len(teams))]
		teams = teams[len(part):]
		n, err := l.addPage(l.db.Where(ofTeams, part, states), l.n.FanOut-l.page.FanOut)
		if err != nil {
			return err
		}
		l.page.FanOut += n
	}
	return nil
}

// arrived brings the arrivals, and a page of confirmed orders at points whose arrival is not done.
func (l *loader) arrived() error {
	if !l.n.Arrivals && l.n.Arrived <= 0 {
		return nil
	}
	rows, err := all[arrivalRow](l.db.Where("deal = ?", l.deal).Order("at, point"))
	if err != nil {
		return fmt.Errorf("arrivals: %w", err)
	}
	l.b.AddArrivals(convert(rows, arrivalFromRow))
	if l.n.Arrived <= 0 {
		return nil
	}
	everywhere := false
	var points []domain.PointID
	for _, w := range rows {
		if !w.Done {
			everywhere = everywhere || w.Point == ""
			points = append(points, w.Point)
		}
	}
	if len(points) == 0 {
		return nil
	}
	teams := l.db.Session(&gorm.Session{}).Model(&teamRow{}).Select("id").Where("deal = ?", l.deal)
	q := l.db.Where("team IN (?) AND COALESCE(state, '') = ?", teams, domain.OrderConfirmed)
	if !everywhere {
		q = q.Where("point IN ?", points)
	}
	l.page.Arrived, err = l.addPage(q, l.n.Arrived)
	return err
}

func (l *loader) unpaid() error {
	if l.n.Unpaid <= 0 {
		return nil
	}
	q := l.db.Where("deal = ? AND state IN ? AND pay_due_at > 0 AND pay_due_at <= ? AND paid_fen = 0",
		l.deal, unpaidStates, ms(l.b.Now.Add(-domain.PayDrain))).Order("pay_due_at")
	var err error
	l.page.Unpaid, err = l.addPage(q, l.n.Unpaid)
	return err
}

var unpaidStates = []domain.OrderState{domain.OrderPlaced, domain.OrderAwaiting}

// links brings every account of the people that the turn is about, speakers and leaders among them, before their orders.
func (l *loader) links() error {
	deal := l.b.Deal().Record()
	ask := append([]domain.AccountID{deal.OpenedBy, deal.Terms.Merchant}, l.n.People...)
	for _, c := range l.b.Chats() {
		ask = append(ask, c.Leader)
	}
	var who []domain.AccountID
	for _, id := range distinct(append(ask, l.shoppers...)) {
		if id != "" && !l.known[id] {
			who = append(who, id)
			l.known[id] = true
		}
	}
	if len(who) == 0 {
		return nil
	}
	ends, err := family(func() *gorm.DB { return l.db.Session(&gorm.Session{}) }, who)
	if err != nil {
		return err
	}
	l.b.AddLinks(ends)
	mine := map[domain.AccountID]bool{}
	for _, s := range l.shoppers {
		mine[end(ends, s)] = true
	}
	for from, to := range ends {
		l.known[from], l.known[to] = true, true
		if mine[to] {
			l.shoppers = append(l.shoppers, from, to)
		}
	}
	return nil
}

func end(ends map[domain.AccountID]domain.AccountID, id domain.AccountID) domain.AccountID {
	if to, linked := ends[id]; linked {
		return to
	}
	return id
}

// ordersOfShoppers reads whole people: seats and limits are counted by shopper.
func (l *loader) ordersOfShoppers() error {
	if err := l.links(); err != nil {
		return err
	}
	if l.n.AllOrders {
		rows, err := all[orderRow](l.db.Where("deal = ?", l.deal))
		if err != nil {
			return fmt.Errorf("all orders: %w", err)
		}
		return l.addOrders(rows)
	}
	var who []domain.AccountID
	for _, s := range distinct(l.shoppers) {
		if !l.whole[s] {
			who = append(who, s)
			l.whole[s] = true
		}
	}
	rows, err := allIn[orderRow](func() *gorm.DB { return l.t.byIndex(l.db, "orders", "orders_shopper").Where("deal = ?", l.deal) }, "shopper", who)
	if err != nil {
		return fmt.Errorf("orders: %w", err)
	}
	return l.addOrders(rows)
}

// byIndex has MariaDB and MySQL read a table by one of its indexes: where a few people of one deal are asked for, their planner
// rather read all of the deal's orders once it had heard that there are few. SQLite chooses well by itself.
func (t *tx) byIndex(db *gorm.DB, table, index string) *gorm.DB {
	if t.d.mysql {
		return db.Table(table + " FORCE INDEX (" + index + ")")
	}
	return db
}

func (l *loader) addOrders(rows []orderRow) error {
	recs, err := withLines(l.db, rows, &l.t.mem)
	if err != nil {
		return err
	}
	for i, r := range recs {
		l.t.mem.orders[r.ID] = rows[i]
		l.b.AddOrder(domain.RestoreOrder(r))
		l.orders = append(l.orders, r.ID)
	}
	return nil
}

// homes brings the people of the households that are there, where their orders count together.
func (l *loader) homes() error {
	if !l.n.Homes || l.n.AllOrders || l.b.Deal().Record().Terms.LimitHousehold == 0 {
		return nil
	}
	homes := make([]string, 0, len(l.orders))
	for _, id := range l.orders {
		homes = append(homes, l.t.mem.orders[id].Household.String)
	}
	homes = distinct(homes)
	if len(homes) == 0 {
		return nil
	}
	if err := l.addShoppers(l.t.byIndex(l.db, "orders", "orders_household").Where("deal = ? AND household IN ?", l.deal, homes)); err != nil {
		return err
	}
	return l.ordersOfShoppers()
}

// mates brings the people who gather in the undecided teams of a team deal, among whom a new head is looked for.
func (l *loader) mates() error {
	if !l.n.Mates || l.n.AllOrders || l.b.Deal().Record().Terms.Kind != domain.KindTeam {
		return nil
	}
	wanted := map[domain.TeamID]bool{}
	for _, id := range l.orders {
		wanted[l.t.mem.orders[id].Team] = true
	}
	var open []domain.TeamID
	for _, t := range l.b.Teams() {
		if wanted[t.ID()] && !t.Record().IsDecided() {
			open = append(open, t.ID())
		}
	}
	if len(open) == 0 {
		return nil
	}
	if err := l.addShoppers(l.db.Where(ofTeams, open, liveStates)); err != nil {
		return err
	}
	if err := l.ordersOfShoppers(); err != nil {
		return err
	}
	return l.teamsOfOrders()
}

var liveStates = []domain.OrderState{
	domain.OrderPlaced, domain.OrderWaiting, domain.OrderAwaiting, domain.OrderConfirmed, domain.OrderReady, domain.OrderReceived,
}

// teamsOfOrders: a count changes with every order, so the team of each loaded order is there.
func (l *loader) teamsOfOrders() error {
	missing := l.b.MissingTeams()
	for len(missing) > 0 {
		part := missing[:min(maxKeys, len(missing))]
		missing = missing[len(part):]
		if err := l.addTeams(l.db.Where("id IN ?", part)); err != nil {
			return err
		}
	}
	return nil
}
