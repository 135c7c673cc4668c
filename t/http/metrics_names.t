# The dashboard and the alert rules of contrib/ ask for nothing that
# /civic/metrics does not have: every name, every label, every alarm's code.
#
# tiers: http asan

use lib 't/lib';
use Civic::Test;

use Civic::Sandbox;

my $root = Civic::Process::ROOT;
my $dashboard_file = "$root/contrib/grafana/civic.json";
my $rules_file = "$root/contrib/prometheus/civic-rules.yaml";

# Prometheus' own, and what it adds when it scrapes: job becomes exported_job.
my %scraped = map { $_ => 1 } qw(instance job exported_job);

sub content {
    my ($path) = @_;

    open my $file, '<:raw', $path or die "$path: $!";
    local $/;
    return <$file>;
}


# ---- what there is ----

my $gates = Civic::Process::folder();
my $key = Civic::Process::folder() . '/ticket.pem';
system("openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 "
    . "-out $key 2>/dev/null; chmod 644 $key");
my $civic = civic(Civic::Sandbox->new(Civic::Process::folder())->with_alipay(
    plugins => [ 'login', 'civic', 'hello', 'sampling', 'exam', 'review',
        'payment seller_id=2088000000009999 '
            . 'notify_url=https://a.example/payment/alipay/notifications',
        'face_auth', 'photo_check', "ticket signing_key=$key",
        "kinship signing_key=$key issuer=city.example" ],
    allow => qr/kinship: name and number cannot be compared/,
    fixtures => ["jobs dir=$gates"]));
my $client = $civic->client;
$client->get('/hello/greeting');
$client->post('/hello/visits');

my %labels;     # name => { label => { value => 1 } }
my %type;
for my $line (split /\n/, $client->get('/civic/metrics')->{content}) {
    if ($line =~ /^# TYPE (\S+) (\S+)/) {
        $type{$1} = $2;
        $labels{$_} ||= {} for $2 eq 'histogram'
            ? map { "$1_$_" } qw(bucket sum count) : $1;
    } elsif ($line =~ /^([a-z_]+)(?:\{(.*)\})? /) {
        my ($name, $inside) = ($1, $2 // '');

        $labels{$name}{$1}{$2} = 1 while $inside =~ /([a-z_]+)="([^"]*)"/g;
    }
}
cmp_ok(scalar keys %labels, '>', 15, 'metrics are there');


# ---- one expression ----

# Everything about a PromQL expression that names something.
sub is_asked_rightly {
    my ($where, $expr) = @_;
    my @wrong;

    # Grafana's variables are values; inside of strings nothing is a name.
    my $bare = $expr =~ s/"[^"]*"/""/gr;
    my $depth = 0;
    for my $c ($bare =~ /[(){}\[\]]/g) {
        $depth += $c =~ /[({\[]/ ? 1 : -1;
        push @wrong, 'a bracket too many' if $depth < 0;
    }
    push @wrong, 'brackets do not match' if $depth != 0;

    my %names = map { $_ => 1 } $bare =~ /\b(civic_[a-z0-9_]+)\b/g;
    push @wrong, "no metric $_" for grep { !$labels{$_} } sort keys %names;
    push @wrong, 'asks for no metric' if !%names && $bare !~ /\bup\b/;

    while ($expr =~ /\b(civic_[a-z0-9_]+)\{([^}]*)\}/g) {
        my ($name, $inside) = ($1, $2);

        while ($inside =~ /([a-z_]+)(=~|!~|!=|=)"([^"]*)"/g) {
            my ($label, $how, $value) = ($1, $2, $3);

            next if $scraped{$label};
            push @wrong, "$name has no label $label"
                if !$labels{$name}{$label};
            push @wrong, "$name never has $label=$value"
                if $how eq '=' && !$labels{$name}{$label}{$value};
        }
    }
    for my $by ($bare =~ /\bby \(([^)]*)\)/g) {
        for my $label (split /\s*,\s*/, $by) {
            next if $scraped{$label} || $label eq 'job_name';
            push @wrong, "nothing has the label $label"
                if !grep { $labels{$_} && $labels{$_}{$label} } keys %names;
        }
    }
    for my $range ($bare =~ /\[([^\]]*)\]/g) {
        push @wrong, "[$range] is no range"
            if $range !~ /^(?:\d+[smhd]|\$__rate_interval)$/;
    }
    while ($bare =~ /\b(?:rate|increase)\((civic_[a-z_]+)/g) {
        my $name = $1;
        my $base = $name =~ s/_(?:bucket|sum|count)$//r;

        push @wrong, "rate() of $name, which is a gauge"
            if ($type{$name} // $type{$base} // '') eq 'gauge';
    }
    return is(join('; ', @wrong), '', $where) || diag($expr);
}

# The check itself finds what it is for.
{
    my %bad = (
        'civic_nothing' => 'no metric',
        'civic_alarm{code="fire"}' => 'never has',
        'civic_alarm{colour="red"}' => 'no label',
        'sum(civic_fibers' => 'brackets',
        'rate(civic_fibers[5m])' => 'gauge',
        'sum by (colour) (civic_fibers)' => 'nothing has the label',
        'rate(civic_refused_total[soon])' => 'no range',
    );
    for my $expr (sort keys %bad) {
        my $said = '';

        no warnings qw(redefine once);
        local *is = sub { $said = $_[0]; return 1 };
        is_asked_rightly('', $expr);
        like($said, qr/\Q$bad{$expr}\E/, "it would notice $expr");
    }
}


# ---- the dashboard ----

my $dashboard = eval { JSON::PP->new->utf8->decode(content($dashboard_file)) };
is($@, '', 'the dashboard is JSON');
is($dashboard->{uid}, 'civic', 'a dashboard');

my (%id, @place);
for my $panel (@{ $dashboard->{panels} }) {
    my $grid = $panel->{gridPos};

    ok(!$id{ $panel->{id} }++, "$panel->{title}: an id of its own");
    cmp_ok($grid->{x} + $grid->{w}, '<=', 24, "$panel->{title}: it fits");
    ok(!(grep { $grid->{x} < $_->{x} + $_->{w} && $_->{x} < $grid->{x}
        + $grid->{w} && $grid->{y} < $_->{y} + $_->{h} && $_->{y} < $grid->{y}
        + $grid->{h} } @place), "$panel->{title}: over no other");
    push @place, $grid;
    is_asked_rightly("$panel->{title} $_->{refId}", $_->{expr})
        for @{ $panel->{targets} };
}
my @list = @{ $dashboard->{templating}{list} };
for my $variable (grep { $_->{type} eq 'query' } @list) {
    my ($name, $label) = $variable->{query} =~ /^label_values\((\w+), (\w+)\)$/;

    ok($labels{$name} && ($scraped{$label} || $labels{$name}{$label}),
        "the variable $variable->{name}");
}
my %known = map { $_->{name} => 1 } @list;
my %used = map { $_ => 1 } content($dashboard_file) =~ /"\$\{?([a-z]+)\}?/g;
delete @used{ grep { /^__/ } keys %used };
is_deeply([ grep { !$known{$_} } keys %used ], [], 'no unknown variable');


# ---- the rules ----

# The part of YAML that the file keeps to: maps by indentation, lists of maps,
# texts plain, quoted or folded.  Dies with the line on anything else.
sub rules {
    my ($text) = @_;
    my (@rules, $rule, $folded, $section);
    my $n = 0;

    for my $line (split /\n/, $text) {
        $n++;
        die "line $n: a tab or blanks at the end\n" if $line =~ /\t|\s$/;
        next if $line =~ /^\s*(?:#|$)/;
        if (defined $folded && $line =~ /^ {6,}(\S.*)$/) {
            $rule->{$folded} .= ($rule->{$folded} eq '' ? '' : ' ') . $1;
            next;
        }
        undef $folded;
        next if $line =~ /^(?:groups:|- name: \w+|  rules:)$/;
        if ($line =~ /^(?:  - |    )([a-z]+): (>-|.+)$/) {
            my ($key, $value) = ($1, $2);

            push @rules, $rule = {} if $line =~ /^  - /;
            die "line $n: $key twice\n" if exists $rule->{$key};
            $section = undef;
            ($folded, $value) = ($key, '') if $value eq '>-';
            $rule->{$key} = $value;
            die "line $n: quote it\n" if $value =~ /: |\s#|^[\[\]{}&*!|>'"%@`]/;
        } elsif ($line =~ /^    (labels|annotations):$/) {
            $section = $1;
            $rule->{$section} = {};
        } elsif ($section && $line =~ /^      ([a-z]+): (?:"([^"\\]*)"|(\w+))$/) {
            $rule->{$section}{$1} = $2 // $3;
        } else {
            die "line $n: $line\n";
        }
    }
    return @rules;
}

my @rules = eval { rules(content($rules_file)) };
is($@, '', 'the rules are YAML');
cmp_ok(scalar @rules, '>', 10, 'and are rules');

my (%alert, @asked);
for my $rule (@rules) {
    my $name = $rule->{alert} // 'none';

    like($name, qr/^Civic[A-Z]\w+$/, "$name: a name");
    ok(!$alert{$name}++, "$name: once");
    is_asked_rightly("$name: the expression", $rule->{expr} // '');
    like($rule->{for} // '', qr/^\d+[smh]$/, "$name: for how long");
    like($rule->{labels}{severity} // '', qr/^(?:critical|warning)$/,
        "$name: how bad");
    like($rule->{annotations}{$_} // '', qr/^\S.{20,}/, "$name: its $_")
        for qw(summary action);
    like($rule->{annotations}{action} // '', qr/\.$/,
        "$name: the action is a sentence");
    push @asked, ($rule->{expr} // '') =~ /code="(\w+)"/g;
}
is_deeply([ sort @asked ],
    [ sort keys %{ $labels{civic_alarm}{code} } ],
    'each alarm has its rule');

SKIP: {
    my $count = `python3 -c 'import sys, yaml
print(sum(len(g["rules"]) for g in yaml.safe_load(open(sys.argv[1]))["groups"]))' $rules_file 2>/dev/null`;
    skip('no YAML parser at hand', 1) if $? != 0;
    is($count + 0, scalar @rules, 'another parser sees as many rules');
}

# And the manual has a row for each.
my $manual = content("$root/docs/operations.md");
ok(scalar $manual =~ /^\| `$_` \|/m, "docs/operations.md explains $_")
    for sort keys %{ $labels{civic_alarm}{code} };

finish();
